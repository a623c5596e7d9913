"""A part of the images: what one machine of several does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """One of several parts of the same size, counted from 1; the first of one is all.

    Attributes:
        number: of the part, 1 to `count`.
        count: of the parts.
    """

    number: int = 1
    count: int = 1

    @property
    def whole(self) -> bool:
        """Whether it is all there is."""
        return self.count == 1

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the part's items, every `count`-th: neighbours, often alike, are dealt out."""
        return items[self.number - 1 :: self.count]

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


ALL = Shard()
"""Every image."""
