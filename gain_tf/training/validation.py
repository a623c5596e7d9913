"""How well a segmenter does on the validation split, epoch by epoch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import keras
import numpy as np

from gain_tf.data.dataset import Split
from gain_tf.models.segmenter import WeakSegmenter
from gain_tf.segmentation.inference import InferenceSettings
from gain_tf.segmentation.judge import judge_segmenter

MIOU = "val_miou"


class ValidationMiou(keras.callbacks.Callback):
    """Add the mean IoU on some images of a split to the logs of each epoch, as `val_miou`.

    The images are seen once, at their own scale and without CRF: it is a figure to watch training
    by, lower than the one that is reported in the end.

    Args:
        split: images without a mask are left out.
        class_names: without background.
        image_size: (height, width) that the segmenter is trained at.
        most: images judged, evenly spread over the split.
    """

    def __init__(
        self, split: Split, class_names: Sequence[str], image_size: tuple[int, int], most: int
    ) -> None:
        super().__init__()
        self.split = _thinned_out(split, most)
        self.class_names = class_names
        self.settings = InferenceSettings(image_size)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Judge, and let those that come after see the figure."""
        if logs is None or not self.split.has_mask.any():
            return
        predict = cast(WeakSegmenter, self.model).predict_on_batch
        figures = judge_segmenter(predict, self.split, self.class_names, self.settings)
        logs[MIOU] = figures["miou"]


def _thinned_out(split: Split, most: int) -> Split:
    """Take the masks from all images but a few, evenly spread."""
    masked = np.flatnonzero(split.has_mask)
    places = np.linspace(0, len(masked) - 1, min(most, len(masked))).round().astype(int)
    kept = np.zeros(len(split), bool)
    kept[masked[places]] = True
    return replace(split, mask_shows=split.mask_shows & kept[:, np.newaxis])
