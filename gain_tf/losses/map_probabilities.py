"""Class probabilities of a segmentation map that stay away from zero.

Source: Kolesnikov and Lampert, "Seed, Expand and Constrain", 2016, and its authors' code.
"""

import tensorflow as tf

FLOOR = 1e-4
"""What is added to every probability, so that no logarithm is of zero."""


def map_probabilities(logits: tf.Tensor) -> tf.Tensor:
    """Softmax, `FLOOR` added, brought back to a sum of one.

    Args:
        logits: of each cell, (N, h, w, C).

    Returns:
        (N, h, w, C), in (0, 1).
    """
    lifted = tf.nn.softmax(logits) + FLOOR
    return lifted / tf.reduce_sum(lifted, axis=-1, keepdims=True)
