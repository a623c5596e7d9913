"""A segmenter on a split."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gain_tf.data.dataset import Split
from gain_tf.segmentation.inference import InferenceSettings, Predict, class_maps
from gain_tf.segmentation.judge_maps import judge_maps
from gain_tf.segmentation.labelling import Crf


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
        See `gain_tf.segmentation.judge_maps.judge_maps`.
    """

    def segment(images: Iterable[np.ndarray], crf: Crf, total: int) -> Iterator[np.ndarray]:
        return class_maps(predict, images, replace(settings, crf=crf), total=total)

    return judge_maps(segment, split, class_names, settings.crf)
