"""Constrain: the segmenter must agree with what edges in the image make of its own answer.

Source: Kolesnikov and Lampert, "Seed, Expand and Constrain", 2016, Section 3.3.
"""

from typing import Any

import keras
import tensorflow as tf

from gain_tf.losses.map_probabilities import FLOOR, map_probabilities


def constrain(logits: tf.Tensor, posterior: tf.Tensor) -> tf.Tensor:
    """Divergence from the posterior of a dense CRF to the segmenter.

    `L_constrain = mean_nx sum_c Q log(Q / p)`. Q is floored at 1e-4 and brought back to a sum of
    one, and no gradient goes through it.

    Args:
        logits: (N, h, w, C).
        posterior: Q, (N, h, w, C), in [0, 1].

    Returns:
        Scalar, at least 0.
    """
    return tf.reduce_mean(_of_each(logits, posterior))


@keras.saving.register_keras_serializable("gain_tf")
class Constrain(keras.losses.Loss):
    """`constrain` as a Keras loss of posterior and logits, both (N, h, w, C)."""

    def __init__(self, name: str = "constrain", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each image, (N,)."""
        return _of_each(y_pred, y_true)


def _of_each(logits: tf.Tensor, posterior: tf.Tensor) -> tf.Tensor:
    floored = tf.maximum(tf.stop_gradient(tf.cast(posterior, logits.dtype)), FLOOR)
    q = floored / tf.reduce_sum(floored, axis=-1, keepdims=True)
    divergence = tf.reduce_sum(q * tf.math.log(q / map_probabilities(logits)), axis=-1)
    return tf.reduce_mean(divergence, axis=(1, 2))
