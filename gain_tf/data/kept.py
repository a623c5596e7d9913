"""Pictures that are decoded once."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from gain_tf.data.dataset import Pictures


@dataclass
class KeptPictures:
    """Pictures kept in memory once they were asked for.

    Attributes:
        pictures: where they come from.
    """

    pictures: Pictures
    _kept: dict[tuple[str, int], np.ndarray] = field(default_factory=dict, repr=False)

    def image(self, index: int) -> np.ndarray:
        """Return image `index`."""
        return self._keep("image", index, self.pictures.image)

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`."""
        return self._keep("mask", index, self.pictures.mask)

    def _keep(self, kind: str, index: int, read: Callable[[int], np.ndarray]) -> np.ndarray:
        if (kind, index) not in self._kept:
            self._kept[kind, index] = read(index)
        return self._kept[kind, index]
