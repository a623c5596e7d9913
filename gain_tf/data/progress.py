"""A bar for what takes long, where somebody is watching."""

import sys
from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def tracked(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """Show how far a loop has come, on the error output; silent where that is no terminal.

    Args:
        items: gone through once.
        what: is done, such as "rendering".
        total: number of items, where they have no length.

    Returns:
        The items.
    """
    if not sys.stderr.isatty():
        return items
    if total is None and isinstance(items, Sequence):
        total = len(items)
    return track(items, what, total, console=Console(stderr=True), transient=True)
