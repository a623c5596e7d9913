"""Class maps against the masks of a split: one pass, every pixel counted, whoever made the maps."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from gain_tf.data.dataset import Split
from gain_tf.metrics import PixelConfusion, segmentation_figures
from gain_tf.segmentation.labelling import Crf

Segment = Callable[[Iterable[np.ndarray], Crf, int], Iterable[np.ndarray]]
"""Images uint8 RGB (H, W, 3), the CRF and the number of images to class maps uint8 (H, W)."""


def judge_maps(
    segment: Segment, split: Split, class_names: Sequence[str], crf: Crf
) -> dict[str, Any]:
    """Judge class maps against the masks of a split, at the size of the images.

    Args:
        segment: makes the maps.
        split: images without a mask that shows something are left out.
        class_names: without background.
        crf: that the maps are refined by.

    Returns:
        `images`, `miou`, `pixel_accuracy`, `per_class`, `confusion` (background first); with a
        CRF also `without_crf`, `{"miou", ...}`, of the same network.
    """
    names = ["background", *class_names]
    indices = np.flatnonzero(split.has_mask).tolist()

    def counted(crf: Crf) -> np.ndarray:
        confusion = PixelConfusion(len(names))
        images = (split.pictures.image(index) for index in indices)
        for index, found in zip(indices, segment(images, crf, len(indices)), strict=True):
            confusion.update(split.pictures.mask(index), found)
        return confusion.counts

    counts = counted(crf)
    figures = {
        "images": len(indices),
        **segmentation_figures(counts).named(names),
        "confusion": counts.tolist(),
    }
    if crf != "none":
        figures["without_crf"] = segmentation_figures(counted("none")).named(names)
    return figures
