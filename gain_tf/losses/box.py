"""L_bbox: no attention outside the boxes, the foreground prior inside them (Eq. 9).

Source: Li et al., "Guided Attention Inference Network", Eq. 9.
"""

import tensorflow as tf

from gain_tf.losses.reduction import weighted_sum


def box_attention(
    maps: tf.Tensor,
    boxes: tf.Tensor,
    saliency: tf.Tensor | None = None,
    weights: tf.Tensor | None = None,
) -> tf.Tensor:
    """Squared attention outside the boxes, squared distance to the saliency inside.

    `L_bbox = (1/n) sum_c [ ((O - B^c) * (A^c - Z))^2 + (B^c * (A^c - S))^2 ]`, averaged over the
    cells and over the annotated images; O is one and Z zero everywhere.

    Args:
        maps: normalised attention A, (P, h, w), in [0, 1].
        boxes: B, the share of each cell inside a box of the class, (P, h, w), in [0, 1].
        saliency: S, where in the boxes the foreground is, (P, h, w), in [0, 1]; None takes all
            of the box for foreground (S = 1).
        weights: of the pairs, (P,), see `gain_tf.attention.pair_weights`; None weighs all alike.

    Returns:
        Scalar, in [0, 1] for maps in [0, 1].
    """
    boxes = tf.cast(boxes, maps.dtype)
    foreground = tf.ones_like(maps) if saliency is None else tf.cast(saliency, maps.dtype)
    outside = tf.square((1 - boxes) * maps)
    inside = tf.square(boxes * (maps - foreground))
    return weighted_sum(tf.reduce_mean(outside + inside, axis=(1, 2)), weights)
