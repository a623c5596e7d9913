"""Pictures whose masks are changed on the way to whoever asks."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gain_tf.data.dataset import Pictures


@dataclass(frozen=True)
class ChangedMasks:
    """Pictures with other masks.

    Attributes:
        pictures: the true ones.
        change: makes the mask of image `index` from the pictures.
    """

    pictures: Pictures
    change: Callable[[Pictures, int], np.ndarray]

    def image(self, index: int) -> np.ndarray:
        """Return image `index` as it is."""
        return self.pictures.image(index)

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`, changed."""
        return self.change(self.pictures, index)
