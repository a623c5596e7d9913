"""Cues in the place of masks: what the segmenter is told of the training images."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gain_tf.data.dataset import Pictures, Split
from gain_tf.data.files import DataError
from gain_tf.segmentation.cues import label_map


@dataclass(frozen=True)
class CuePictures:
    """Pictures whose masks are the cues that `gain-tf cues` wrote.

    Attributes:
        pictures: the images.
        paths: of the cues of each image, `.npz` with `cues` boolean (C + 1, h, w).
    """

    pictures: Pictures
    paths: list[Path]

    def image(self, index: int) -> np.ndarray:
        """Return image `index` as it is."""
        return self.pictures.image(index)

    def mask(self, index: int) -> np.ndarray:
        """Return the class of each cell, 255 without a cue, uint8 (h, w)."""
        with np.load(self.paths[index]) as file:
            return label_map(file["cues"])


def cues_as_masks(split: Split, folder: Path) -> Split:
    """Put cues in the place of masks; no true mask or box is left.

    Args:
        split: of training.
        folder: with `ID.npz` for each image.

    Returns:
        The split: every image has a mask, the cells without a cue are unknown.

    Raises:
        DataError: an image has no cues; all are listed.
    """
    paths = [folder / f"{name}.npz" for name in split.ids]
    if missing := [f"{path}: there is no such file" for path in paths if not path.is_file()]:
        raise DataError(missing)
    return replace(
        split,
        pictures=CuePictures(split.pictures, paths),
        mask_shows=np.ones_like(split.mask_shows),
        boxes=[boxes[:0] for boxes in split.boxes],
        box_labels=[labels[:0] for labels in split.box_labels],
    )
