"""Deletion and insertion on images of a split."""

from typing import Any

import cv2
import numpy as np
import tensorflow as tf

from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.pipeline import resize_image
from gain_tf.metrics import area_under_curve, replaced_stepwise
from gain_tf.metrics.attention import enlarge
from gain_tf.metrics.faithfulness import STEPS
from gain_tf.models.classifier import AttentiveClassifier

BLUR = 11 / 224
"""Standard deviation of the blur that insertion starts from, as a share of the shorter side."""


def faithfulness_figures(
    model: AttentiveClassifier,
    data: DataSet,
    split: Split,
    image_size: tuple[int, int],
    count: int,
) -> dict[str, Any] | None:
    """Delete what a map attends to, and insert it, and watch the score of the true class.

    Deletion replaces pixels by the mean colour; insertion begins with the blurred image.

    Args:
        model: to be judged.
        data: the data set of the split.
        split: its images need no annotation.
        image_size: (height, width) the model sees.
        count: images asked, evenly spread over the split; each takes 2 (`STEPS` + 1) scores.

    Returns:
        `deletion` (mean area under the curve, less is better), `insertion` (more is better), the
        number of `images` and of `steps`; None where no image has a class to attend to.
    """
    labels = split.labels > 0.5
    labels[:, list(data.unguided_classes)] = False
    able = np.flatnonzero(labels.any(axis=1))
    if not len(able) or not count:
        return None
    # Rounded places of an even spread: every image where there are fewer than asked for.
    chosen = np.unique(able[np.linspace(0, len(able) - 1, count).round().astype(int)])
    areas = [
        _areas(model, split.pictures.image(index), int(labels[index].argmax()), image_size)
        for index in chosen.tolist()
    ]
    deletion, insertion = np.mean(areas, axis=0)
    return {
        "deletion": float(deletion),
        "insertion": float(insertion),
        "images": len(areas),
        "steps": STEPS,
    }


def _areas(
    model: AttentiveClassifier, picture: np.ndarray, category: int, image_size: tuple[int, int]
) -> tuple[float, float]:
    image = np.asarray(resize_image(tf.constant(picture), image_size), np.float32)
    attention = enlarge(model.attention(image[None], [category])[0, 0], *image_size)
    blurred = cv2.GaussianBlur(image, (0, 0), BLUR * min(image_size))
    stages = np.concatenate(
        [
            replaced_stepwise(image, np.array(model.mean_colour, np.float32), attention),
            replaced_stepwise(blurred, image, attention),
        ]
    )
    scores = model.predict_on_batch(stages)[:, category]
    return area_under_curve(scores[: STEPS + 1]), area_under_curve(scores[STEPS + 1 :])
