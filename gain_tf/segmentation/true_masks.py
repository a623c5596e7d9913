"""What is known of pixels: masks somebody drew, and background where an image shows no object."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gain_tf.data.dataset import UNKNOWN, Pictures, Split
from gain_tf.data.files import DataError
from gain_tf.data.part import part_of


@dataclass(frozen=True)
class BarePictures:
    """Pictures some of which are background everywhere.

    Attributes:
        pictures: the images, and the masks of the others.
        bare: which are, but for what their own mask leaves unknown, boolean (N,).
    """

    pictures: Pictures
    bare: np.ndarray

    def image(self, index: int) -> np.ndarray:
        """Return image `index` as it is."""
        return self.pictures.image(index)

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`, uint8 (H, W)."""
        drawn = self.pictures.mask(index)
        # What somebody marked as unknown stays unknown.
        return np.zeros_like(drawn) if self.bare[index] and (drawn == UNKNOWN).all() else drawn


def with_bare_masks(split: Split, unguided: Sequence[int]) -> Split:
    """Give images without an object a mask that is background everywhere.

    Args:
        split: of images with labels, some with masks.
        unguided: indices of classes without an object.

    Returns:
        The split; images that have no mask, and no label but those of `unguided`, have one now.
        Without any mask at all it is as it was: nothing would be known of objects.
    """
    bare = ~split.has_mask & split.without_object(unguided)
    if not bare.any() or not split.has_mask.any():
        return split
    return replace(
        split,
        pictures=BarePictures(split.pictures, bare),
        mask_shows=split.mask_shows | bare[:, np.newaxis],
    )


def only_known(split: Split, unguided: Sequence[int]) -> Split:
    """Take the images that full supervision can learn from.

    Args:
        split: of training.
        unguided: indices of classes without an object.

    Returns:
        The images with a mask, and those that are background everywhere.

    Raises:
        DataError: no image has a mask that shows something.
    """
    if not split.has_mask.any():
        raise DataError(["segmenter.supervision: masks: no image of the training split has a mask"])
    known = with_bare_masks(split, unguided)
    return part_of(known, np.flatnonzero(known.has_mask).tolist())
