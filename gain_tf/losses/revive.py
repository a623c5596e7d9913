"""Revive: the object must not speak against its own class.

A map that is zero everywhere has no gradient through the ReLU of Eq. 2 and the division by its
maximum: once dead it stays dead, whatever Eq. 7 or 9 ask of it. This term works before the ReLU.
"""

import tensorflow as tf

from gain_tf.losses.reduction import weighted_sum


def revive(
    evidence: tf.Tensor,
    inside: tf.Tensor,
    weights: tf.Tensor | None = None,
    *,
    known: tf.Tensor | None = None,
) -> tf.Tensor:
    """Evidence against the class, averaged over the object.

    `L = (1/n) sum_c max(0, - sum_x M^c E^c / sum_x M^c)` with `E^c = h w sum_k w_k f_k`, Eq. 2
    without its ReLU, on the scale of the logits; averaged over the annotated images. A dead map
    has no evidence above zero anywhere, so the term lifts it until the object speaks for its
    class again; there it is zero, and the other terms shape the map.

    Args:
        evidence: E, (P, h, w), any sign.
        inside: M, the share of each cell that is the object (or its box), (P, h, w), in [0, 1].
        weights: of the pairs, (P,), see `gain_tf.attention.pair_weights`; None weighs all alike.
        known: the share of each cell whose annotation is known, (P, h, w), in [0, 1]; None for
            all of it.

    Returns:
        Scalar, at least 0.
    """
    inside = tf.cast(inside, evidence.dtype)
    if known is not None:
        inside *= tf.cast(known, evidence.dtype)
    total = tf.reduce_sum(inside * evidence, axis=(1, 2))
    mean = tf.math.divide_no_nan(total, tf.reduce_sum(inside, axis=(1, 2)))
    return weighted_sum(tf.nn.relu(-mean), weights)
