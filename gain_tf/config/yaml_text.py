"""YAML in which a key given twice or a value within itself is a mistake, and each is one line."""

from typing import Any

import yaml


class YamlError(ValueError):
    """A text is not YAML; the message says where and why."""


class _Loader(yaml.SafeLoader):
    """The safe loader; a mapping holds each key once, and no value holds itself."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Build a value with all that it holds, so that one met again within itself is unfinished.

        A value that holds itself has no end for whoever walks through it.
        """
        if node in self.recursive_objects:
            raise yaml.constructor.ConstructorError(
                None, None, "a value holds itself, by its anchor", node.start_mark
            )
        return super().construct_object(node, deep=True)

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
        YamlError: it is not YAML, gives a key twice, or has a value that holds itself.
    """
    try:
        # The loader is PyYAML's safe one.
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise YamlError(f"{place}{error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlError(" ".join(str(error).split()) or type(error).__name__) from error
