"""Some images of a split as a split of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gain_tf.data.dataset import Pictures, Split


@dataclass(frozen=True)
class PartPictures:
    """The pictures of some images.

    Attributes:
        pictures: of the whole split.
        indices: of the images in it.
    """

    pictures: Pictures
    indices: Sequence[int]

    def image(self, index: int) -> np.ndarray:
        """Return image `index` of the part."""
        return self.pictures.image(self.indices[index])

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index` of the part."""
        return self.pictures.mask(self.indices[index])


def part_of(split: Split, indices: Sequence[int]) -> Split:
    """Take some images of a split, in the order of the indices; its foreground prior stays out."""

    def some(column: Sequence) -> list:
        return [column[index] for index in indices]

    rows = list(indices)
    return replace(
        split,
        ids=some(split.ids),
        labels=split.labels[rows],
        pictures=PartPictures(split.pictures, indices),
        mask_shows=split.mask_shows[rows],
        boxes=some(split.boxes),
        box_labels=some(split.box_labels),
        groups=None if split.groups is None else some(split.groups),
        box_flags=None if split.box_flags is None else some(split.box_flags),
        saliency=None,
    )
