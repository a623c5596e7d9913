"""Raw evidence: nothing beside the object may speak for or against any class.

Eq. 7 looks at the true class, after a ReLU and a division by the maximum: evidence against a class,
for another one, or small but decisive passes unseen. This term looks at all classes before either.
"""

import tensorflow as tf

from gain_tf.losses.reduction import weighted_sum


def evidence(
    maps: tf.Tensor,
    inside: tf.Tensor,
    weights: tf.Tensor | None = None,
    *,
    known: tf.Tensor | None = None,
    centred: bool = True,
) -> tf.Tensor:
    """Squared evidence beside the object, over all classes.

    `L = (1/N) sum_n mean_xc [ (1 - M_n) (E_nc - mean_c E_n) ]^2` with
    `E_c = h w sum_k w_ck f_k`, Eq. 2 without its ReLU, on the scale of the logits; averaged over
    the cells whose annotation is known and over the annotated images.

    Args:
        maps: E of each image, (N, h, w, C), any sign.
        inside: M, the share of each cell that is an object, of whatever class, (N, h, w), in
            [0, 1].
        weights: of the images, (N,); None weighs all alike.
        known: the share of each cell whose annotation is known, (N, h, w), in [0, 1]; None for
            all of it.
        centred: take each cell's mean over the classes away first: right for a softmax, which
            does not see it; wrong for sigmoids.

    Returns:
        Scalar, at least 0.
    """
    if centred:
        maps -= tf.reduce_mean(maps, axis=-1, keepdims=True)
    outside = 1 - tf.cast(inside, maps.dtype)
    known = tf.ones_like(outside) if known is None else tf.cast(known, maps.dtype)
    square = tf.reduce_mean(tf.square(outside[..., tf.newaxis] * maps), axis=-1)
    known_cells = tf.reduce_sum(known, axis=(1, 2))
    penalty = tf.math.divide_no_nan(tf.reduce_sum(known * square, axis=(1, 2)), known_cells)
    return weighted_sum(penalty, weights)
