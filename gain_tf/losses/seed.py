"""Seed: where a cue says what is there, the segmenter must say it too.

Source: Kolesnikov and Lampert, "Seed, Expand and Constrain", 2016, Section 3.1.
"""

from typing import Any

import keras
import tensorflow as tf

from gain_tf.losses.map_probabilities import map_probabilities


def seed(logits: tf.Tensor, cues: tf.Tensor) -> tf.Tensor:
    """Cross-entropy at the cells that have a cue.

    `L_seed = -mean_n [ sum_xc S log p / sum_xc S ]`: foreground and background cues of an image
    are pooled. An image without any cue counts as zero.

    Args:
        logits: (N, h, w, C), background first.
        cues: S, (N, h, w, C), boolean or in [0, 1].

    Returns:
        Scalar, at least 0.
    """
    return tf.reduce_mean(_of_each(logits, cues))


@keras.saving.register_keras_serializable("gain_tf")
class Seed(keras.losses.Loss):
    """`seed` as a Keras loss of cues and logits, both (N, h, w, C)."""

    def __init__(self, name: str = "seed", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the loss of each image, (N,)."""
        return _of_each(y_pred, y_true)


def _of_each(logits: tf.Tensor, cues: tf.Tensor) -> tf.Tensor:
    cues = tf.cast(cues, logits.dtype)
    found = tf.reduce_sum(cues * tf.math.log(map_probabilities(logits)), axis=(1, 2, 3))
    return -tf.math.divide_no_nan(found, tf.reduce_sum(cues, axis=(1, 2, 3)))
