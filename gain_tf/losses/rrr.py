"""RRR: pixels beside the object must not move the answer.

Source: Ross, Hughes and Doshi-Velez, "Right for the Right Reasons: Training Differentiable Models
by Constraining their Explanations", 2017, Eq. 1, second term.
"""

import tensorflow as tf

from gain_tf.losses.reduction import weighted_sum


def rrr(
    gradient: tf.Tensor,
    inside: tf.Tensor,
    weights: tf.Tensor | None = None,
    *,
    known: tf.Tensor | None = None,
) -> tf.Tensor:
    """Squared gradient of the summed log probabilities beside the object.

    `L = (1/N) sum_n sum_x [ (1 - M_n) d/dx_n sum_k log p_nk ]^2`, summed over pixels and channels
    as published, averaged over the annotated images.

    Args:
        gradient: of the summed log probabilities with respect to each image, (N, H, W, 3), see
            `gain_tf.attention.log_probability_gradient`.
        inside: M, the share of each pixel that is an object, of whatever class, (N, H, W), in
            [0, 1].
        weights: of the images, (N,); None weighs all alike.
        known: the share of each pixel whose annotation is known, (N, H, W), in [0, 1]; None for
            all of it.

    Returns:
        Scalar, at least 0; it grows with the number of pixels.
    """
    outside = 1 - tf.cast(inside, gradient.dtype)
    if known is not None:
        outside *= tf.cast(known, gradient.dtype)
    square = tf.square(outside[..., tf.newaxis] * gradient)
    return weighted_sum(tf.reduce_sum(square, axis=(1, 2, 3)), weights)
