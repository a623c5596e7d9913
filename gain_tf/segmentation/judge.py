"""A segmenter on a split: one pass, every pixel counted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gain_tf.data.dataset import Split
from gain_tf.metrics import PixelConfusion, segmentation_figures
from gain_tf.segmentation.inference import InferenceSettings, Predict, class_maps


def judge_segmenter(
    predict: Predict, split: Split, class_names: Sequence[str], settings: InferenceSettings
) -> dict[str, Any]:
    """Judge a segmenter against the masks of a split, at the size of the images.

    Args:
        predict: the segmenter.
        split: images without a mask that shows something are left out.
        class_names: without background.
        settings: how images become class maps.

    Returns:
        `images`, `miou`, `pixel_accuracy`, `per_class`, `confusion` (background first); with a
        CRF also `without_crf`, `{"miou", ...}`, of the same network.
    """
    names = ["background", *class_names]
    indices = np.flatnonzero(split.has_mask).tolist()
    confusion = _confusion(predict, split, indices, len(names), settings)
    figures = {
        "images": len(indices),
        **segmentation_figures(confusion.counts).named(names),
        "confusion": confusion.counts.tolist(),
    }
    if settings.crf != "none":
        plain = replace(settings, crf="none")
        counts = _confusion(predict, split, indices, len(names), plain).counts
        figures["without_crf"] = segmentation_figures(counts).named(names)
    return figures


def _confusion(
    predict: Predict,
    split: Split,
    indices: Sequence[int],
    size: int,
    settings: InferenceSettings,
) -> PixelConfusion:
    confusion = PixelConfusion(size)
    images = (split.pictures.image(index) for index in indices)
    found = class_maps(predict, images, settings, total=len(indices))
    for index, prediction in zip(indices, found, strict=True):
        confusion.update(split.pictures.mask(index), prediction)
    return confusion
