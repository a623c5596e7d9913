"""YAML in which a key given twice or a value within itself is a mistake, and each is one line."""

from itertools import chain
from typing import Any

import yaml

MOST_VALUES = 100_000
"""Values that a document may hold, one that an alias repeats counted wherever it stands."""

MOST_LEVELS = 100
"""Levels of values within values, those that aliases lead to included."""


class YamlError(ValueError):
    """A text is not YAML, or too much of it; the message says where and why."""


class _Loader(yaml.SafeLoader):
    """The safe loader; a mapping holds each key once, no value holds itself, and none is vast."""

    def construct_document(self, node: yaml.Node) -> Any:
        """Build a document, unless its aliases make of it what nobody could walk through."""
        _measure(node, {})
        return super().construct_document(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping."""
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"key {key.value!r} is given twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


def parse_yaml(text: str) -> Any:
    """Parse a YAML document.

    Args:
        text: of the document.

    Returns:
        What it holds.

    Raises:
        YamlError: it is not YAML, gives a key twice, has a value that holds itself, or is larger
            than `MOST_VALUES` and `MOST_LEVELS` allow.
    """
    try:
        # The loader is PyYAML's safe one.
        return yaml.load(text, _Loader)
    except YamlError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise YamlError(f"is not YAML: {place}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise YamlError(f"is not YAML: {reason}") from error


def _measure(node: yaml.Node, known: dict[yaml.Node, tuple[int, int] | None]) -> tuple[int, int]:
    """Count the values and the levels of a value, as whoever walks through it meets them.

    Ten aliases of ten aliases take a line each, and ten times as long as the line before.

    Args:
        node: of the value.
        known: what was found of others; None of those that the value lies in.

    Raises:
        YamlError: it holds itself, or is too large.
    """
    if node in known:
        found = known[node]
        if found is None:
            raise yaml.constructor.ConstructorError(
                None, None, "a value holds itself, by its anchor", node.start_mark
            )
        return found
    known[node] = None
    # A mapping has pairs, a sequence values, a scalar letters.
    inner = [] if isinstance(node, yaml.ScalarNode) else node.value
    parts = chain.from_iterable(inner) if isinstance(node, yaml.MappingNode) else inner
    values, levels = 1, 1
    for more, below in (_measure(part, known) for part in parts):
        values, levels = values + more, max(levels, below + 1)
    if values > MOST_VALUES or levels > MOST_LEVELS:
        much = (
            f"{MOST_VALUES} values" if values > MOST_VALUES else f"{MOST_LEVELS} levels of values"
        )
        raise YamlError(
            f"line {node.start_mark.line + 1}: holds more than {much}, counting what its aliases "
            "repeat; no config needs as many"
        )
    known[node] = values, levels
    return values, levels
