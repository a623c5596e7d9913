"""How a value per pair becomes the scalar of a loss term."""

import tensorflow as tf


def weighted_sum(values: tf.Tensor, weights: tf.Tensor | None) -> tf.Tensor:
    """Reduce values of pairs to a scalar, zero for no pairs at all.

    Args:
        values: (P,).
        weights: (P,), see `gain_tf.attention.pair_weights`; None for the plain mean.

    Returns:
        `sum_p w[p] values[p]`, a scalar.
    """
    if weights is None:
        count = tf.cast(tf.size(values), values.dtype)
        return tf.math.divide_no_nan(tf.reduce_sum(values), count)
    return tf.reduce_sum(tf.cast(weights, values.dtype) * values)
