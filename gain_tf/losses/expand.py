"""Expand: classes that the image has must fill a part of it, others none.

Source: Kolesnikov and Lampert, "Seed, Expand and Constrain", 2016, Section 3.2.
"""

from typing import Any

import keras
import tensorflow as tf

from gain_tf.losses.map_probabilities import map_probabilities

FOREGROUND_DECAY = 0.996
BACKGROUND_DECAY = 0.999


def expand(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Image labels held against the pooled map.

    `L_expand = mean_n [ -mean_present log G(p_c; 0.996) - mean_absent log(1 - max_x p_c)
    - log G(p_0; 0.999) ]`, G as in `rank_pooling`. Present and absent are the foreground classes
    by the labels; a mean over no class is zero.

    Args:
        logits: (N, h, w, C), background first.
        labels: of the image without background, multi-hot (N, C - 1).

    Returns:
        Scalar, at least 0.
    """
    return tf.reduce_mean(_of_each(logits, labels))


def rank_pooling(probabilities: tf.Tensor, decay: float) -> tf.Tensor:
    """Global weighted rank pooling: between the maximum (decay 0) and the mean (decay 1).

    `G(p; q) = sum_j q^j p_(j) / sum_j q^j`, p_(0) the largest.

    Args:
        probabilities: (N, h, w, C).
        decay: q, in (0, 1].

    Returns:
        (N, C).
    """
    count = tf.shape(probabilities)[1] * tf.shape(probabilities)[2]
    cells = tf.reshape(probabilities, [tf.shape(probabilities)[0], count, probabilities.shape[-1]])
    # Sorting works on the last axis only.
    ranked = tf.sort(tf.transpose(cells, [0, 2, 1]), direction="DESCENDING")
    weights = tf.constant(decay, ranked.dtype) ** tf.cast(tf.range(count), ranked.dtype)
    return tf.linalg.matvec(ranked, weights / tf.reduce_sum(weights))


@keras.saving.register_keras_serializable("gain_tf")
class Expand(keras.losses.Loss):
    """`expand` as a Keras loss of labels (N, C - 1) and logits (N, h, w, C)."""

    def __init__(self, name: str = "expand", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each image, (N,)."""
        return _of_each(y_pred, y_true)


def _of_each(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    present = tf.cast(labels, logits.dtype)
    p = map_probabilities(logits)
    pooled = rank_pooling(p[..., 1:], FOREGROUND_DECAY)
    background = rank_pooling(p[..., :1], BACKGROUND_DECAY)[:, 0]
    highest = tf.reduce_max(p[..., 1:], axis=(1, 2))
    return (
        _mean_where(present, -tf.math.log(pooled))
        + _mean_where(1 - present, -tf.math.log(1 - highest))
        - tf.math.log(background)
    )


def _mean_where(chosen: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    total = tf.reduce_sum(chosen * values, axis=1)
    return tf.math.divide_no_nan(total, tf.reduce_sum(chosen, axis=1))
