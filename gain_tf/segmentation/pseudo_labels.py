"""Cues in the place of masks: what the segmenter is told of the training images."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gain_tf.data.dataset import Pictures, Split
from gain_tf.data.files import DataError
from gain_tf.segmentation.cue_files import CueFolder
from gain_tf.segmentation.cues import label_map


@dataclass(frozen=True)
class CuePictures:
    """Pictures whose masks are cues.

    Attributes:
        pictures: the images.
        ids: of the images.
        cues: of the images.
    """

    pictures: Pictures
    ids: Sequence[str]
    cues: CueFolder

    def image(self, index: int) -> np.ndarray:
        """Return image `index` as it is."""
        return self.pictures.image(index)

    def mask(self, index: int) -> np.ndarray:
        """Return the class of each cell, 255 without a cue, uint8 (h, w)."""
        return label_map(self.cues.read(self.ids[index]).cells)


def cues_as_masks(split: Split, cues: CueFolder) -> Split:
    """Put cues in the place of masks; no true mask or box is left.

    Args:
        split: of training.
        cues: of its images.

    Returns:
        The split: every image has a mask, the cells without a cue are unknown.

    Raises:
        DataError: an image has no cues; all are listed.
    """
    missing = [name for name in split.ids if not cues.has(name)]
    if missing:
        raise DataError(
            [f"{cues.array(name)}: there are no cues of this image" for name in missing]
        )
    return replace(
        split,
        pictures=CuePictures(split.pictures, split.ids, cues),
        mask_shows=np.ones_like(split.mask_shows),
        boxes=[boxes[:0] for boxes in split.boxes],
        box_labels=[labels[:0] for labels in split.box_labels],
        box_flags=None,
        saliency=None,
    )
