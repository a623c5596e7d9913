"""Energy in mask: attention must lie on the object, however it is spread there.

Source: Rao et al., "Using Explanations to Guide Models", 2023 (published as "Studying How to
Efficiently and Effectively Guide Models with Explanations"), Section 3.3, whose loss is this one
without the constant.
"""

import tensorflow as tf

from gain_tf.losses.reduction import weighted_sum


def energy(
    maps: tf.Tensor,
    inside: tf.Tensor,
    weights: tf.Tensor | None = None,
    *,
    known: tf.Tensor | None = None,
) -> tf.Tensor:
    """Share of the attention that lies beside the object.

    `L = (1/n) sum_c [ 1 - sum_x M^c A^c / sum_x A^c ]`, over the cells whose annotation is known,
    averaged over the annotated images. Unlike Eq. 7 it does not ask attention to fill the object,
    so boxes do as well as masks, and a map's scale does not matter.

    Args:
        maps: attention A, (P, h, w), at least 0.
        inside: M, the share of each cell that is the object (or its box), (P, h, w), in [0, 1].
        weights: of the pairs, (P,), see `gain_tf.attention.pair_weights`; None weighs all alike.
        known: the share of each cell whose annotation is known, (P, h, w), in [0, 1]; None for
            all of it.

    Returns:
        Scalar, in [0, 1]; a map that is zero everywhere costs 1 and has no gradient.
    """
    seen = maps if known is None else maps * tf.cast(known, maps.dtype)
    hit = tf.reduce_sum(tf.cast(inside, maps.dtype) * seen, axis=(1, 2))
    share = tf.math.divide_no_nan(hit, tf.reduce_sum(seen, axis=(1, 2)))
    return weighted_sum(1 - share, weights)
