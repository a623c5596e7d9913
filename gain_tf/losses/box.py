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


def foreground_prior(saliency: tf.Tensor, boxes: tf.Tensor) -> tf.Tensor:
    """Bring saliency to the scale of the attention that it is held against.

    `S' = min(1, S / max over cells of B S)`. Attention is divided by its maximum. A prior that
    nowhere comes near 1 inside the boxes is met best by a map that is zero everywhere, and no
    gradient leads back from there. A cell that a box hardly touches does not set the scale: what
    is salient in it may be the surroundings. Saliency that is zero all over the boxes says
    nothing: then all of the box is foreground.

    Args:
        saliency: at the resolution of the map, (P, h, w), at least 0.
        boxes: B, the share of each cell inside a box of the class, (P, h, w), in [0, 1].

    Returns:
        S of Eq. 9, (P, h, w), in [0, 1], 1 at the most salient cell that lies inside a box.
    """
    peak = tf.reduce_max(boxes * saliency, axis=(1, 2), keepdims=True)
    scaled = tf.minimum(tf.math.divide_no_nan(saliency, peak), 1)
    return tf.where(peak > 0, scaled, tf.ones_like(scaled))
