"""Changes of a config as dotted keys, however they were written."""

from collections.abc import Mapping, Sequence
from typing import Any


def dotted(changes: Mapping[str, Any], *, kept: Sequence[str] = (), above: str = "") -> dict:
    """Write nested keys as dotted ones: a change of one key leaves those beside it alone.

    Args:
        changes: `{a.b: 1}`, or nested, `{a: {b: 1}}`.
        kept: dotted keys whose values are left as they are.
        above: begins every key.

    Returns:
        `{a.b: 1}`.
    """
    found: dict[str, Any] = {}
    for key, value in changes.items():
        whole = f"{above}{key}"
        if isinstance(value, dict) and value and whole not in kept:
            found |= dotted(value, kept=kept, above=f"{whole}.")
        else:
            found[whole] = value
    return found
