"""What a segmenter's training minimises: the terms of SEC, of Eq. 12, and of full supervision."""

from collections.abc import Mapping
from typing import Any, Literal

import tensorflow as tf

from gain_tf import losses
from gain_tf.losses.pixel_cross_entropy import targets_of
from gain_tf.models.crf import dense_crf
from gain_tf.models.crf_parameters import CrfParameters
from gain_tf.models.labels import multi_hot

Method = Literal["sec", "gain", "supervised"]

TERMS: Mapping[Method, tuple[str, ...]] = {
    "sec": ("seed", "expand", "constrain"),
    "gain": ("classification", "segmentation"),
    "supervised": ("segmentation",),
}
"""The terms whose sum each method minimises."""


def segmenter_terms(
    method: Method, x: Mapping[str, Any], y: Any, logits: tf.Tensor, crf: CrfParameters
) -> dict[str, tf.Tensor]:
    """Compute each term of a method.

    Args:
        method: see `gain_tf.WeakSegmenter`.
        x: an example: `image` (N, H, W, 3) in [0, 255], and `cues` or `mask`.
        y: labels without background, (N, C) or class indices; not used by "supervised".
        logits: of the images, (N, h, w, C + 1), background first.
        crf: of the constrain term, in cells.

    Returns:
        Scalars by name, in the order of `TERMS`.
    """
    if method == "sec":
        return _sec_terms(x, y, logits, crf)
    if method == "gain":
        return _gain_terms(x, y, logits)
    return {"segmentation": losses.pixel_cross_entropy(logits, _targets(x, logits))}


def class_scores(logits: tf.Tensor) -> tf.Tensor:
    """Average the logits of each class over the cells: (N, h, w, C + 1) to (N, C).

    The paper's global average pooling layer behind the segmenter's last one; background has none.
    """
    return tf.reduce_mean(logits[..., 1:], axis=(1, 2))


def _sec_terms(
    x: Mapping[str, Any], y: Any, logits: tf.Tensor, crf: CrfParameters
) -> dict[str, tf.Tensor]:
    posterior = dense_crf(x["image"], logits, crf)
    return {
        "seed": losses.seed(logits, _cues(x, logits)),
        "expand": losses.expand(logits, multi_hot(y, logits.shape[-1] - 1)),
        "constrain": losses.constrain(logits, posterior),
    }


def _gain_terms(x: Mapping[str, Any], y: Any, logits: tf.Tensor) -> dict[str, tf.Tensor]:
    labels = multi_hot(y, logits.shape[-1] - 1)
    margin = losses.multi_label_soft_margin(labels, class_scores(logits))
    targets = targets_of(_cues(x, logits))
    return {
        "classification": tf.reduce_mean(margin),
        "segmentation": losses.pixel_cross_entropy(logits, targets),
    }


def _cues(x: Mapping[str, Any], logits: tf.Tensor) -> tf.Tensor:
    if "cues" in x:
        return _resized(x["cues"], logits)
    # An unknown cell is no class: a row of zeros.
    return tf.one_hot(_targets(x, logits), logits.shape[-1])


def _targets(x: Mapping[str, Any], logits: tf.Tensor) -> tf.Tensor:
    return _resized(x["mask"][..., tf.newaxis], logits)[..., 0]


def _resized(values: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Take cues or masks (N, H, W, c) to the map by the nearest neighbour, as integers."""
    return tf.image.resize(tf.cast(values, tf.uint8), tf.shape(logits)[1:3], method="nearest")
