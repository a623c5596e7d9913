"""L_seg: each cell must be called what its cue, or its mask, says (Eq. 11).

Source: Li et al., "Guided Attention Inference Network", Eq. 11.
"""

from typing import Any

import keras
import tensorflow as tf

UNKNOWN = 255
"""Target of a cell that nobody knows the class of."""


def pixel_cross_entropy(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of the softmax at the cells whose class is known.

    `L_seg = sum_x J(s(x), l_x)`, divided by the number of known cells of the batch, so that the
    learning rate does not depend on how many there are. Nothing known counts as zero.

    Args:
        logits: (N, h, w, C), background first.
        targets: class of each cell, 0 background, 255 unknown, integers (N, h, w).

    Returns:
        Scalar, at least 0.
    """
    return tf.reduce_mean(_of_each(logits, targets))


def targets_of(cues: tf.Tensor) -> tf.Tensor:
    """Turn cues into the classes they name.

    Args:
        cues: (N, h, w, C), boolean, at most one a cell (the first counts).

    Returns:
        int32 (N, h, w); 255 for a cell without a cue.
    """
    named = tf.argmax(tf.cast(cues, tf.uint8), axis=-1, output_type=tf.int32)
    return tf.where(tf.reduce_any(tf.cast(cues, tf.bool), axis=-1), named, UNKNOWN)


@keras.saving.register_keras_serializable("gain_tf")
class PixelCrossEntropy(keras.losses.Loss):
    """`pixel_cross_entropy` as a Keras loss of targets (N, h, w) and logits (N, h, w, C)."""

    def __init__(self, name: str = "pixel_cross_entropy", **kwargs: Any) -> None:
        super().__init__(name=name, **kwargs)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return the share of each image, (N,), whose mean is the loss."""
        return _of_each(y_pred, y_true)


def _of_each(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    targets = tf.cast(targets, tf.int32)
    known = targets != UNKNOWN
    entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.where(known, targets, 0), logits)
    known = tf.cast(known, logits.dtype)
    total = tf.reduce_sum(known * entropy, axis=(1, 2))
    images = tf.cast(tf.shape(total)[0], logits.dtype)
    return tf.math.divide_no_nan(total * images, tf.reduce_sum(known))
