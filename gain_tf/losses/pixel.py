"""L_e: attention must be the mask (Eq. 7).

Source: Li et al., "Guided Attention Inference Network", Eq. 7.
"""

import tensorflow as tf

from gain_tf.losses.reduction import weighted_sum


def pixel_attention(
    maps: tf.Tensor,
    masks: tf.Tensor,
    weights: tf.Tensor | None = None,
    *,
    known: tf.Tensor | None = None,
) -> tf.Tensor:
    """Squared distance of attention to the annotated mask.

    `L_e = (1/n) sum_c (A^c - H^c)^2`, the square averaged over the cells whose annotation is
    known, and over the annotated images.

    Args:
        maps: normalised attention A, (P, h, w), in [0, 1].
        masks: H at the resolution of the map, (P, h, w), in [0, 1].
        weights: of the pairs, (P,), see `gain_tf.attention.pair_weights`; None weighs all alike.
        known: the share of each cell whose annotation is known, (P, h, w), in [0, 1]; None for
            all of it.

    Returns:
        Scalar, in [0, 1] for maps in [0, 1].
    """
    square = tf.square(maps - tf.cast(masks, maps.dtype))
    known = tf.ones_like(square) if known is None else tf.cast(known, square.dtype)
    known_cells = tf.reduce_sum(known, axis=(1, 2))
    distance = tf.math.divide_no_nan(tf.reduce_sum(known * square, axis=(1, 2)), known_cells)
    return weighted_sum(distance, weights)
