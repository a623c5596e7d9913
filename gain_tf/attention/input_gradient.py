"""Which way each pixel moves all answers at once: the gradient that RRR penalises.

Source: Ross, Hughes and Doshi-Velez, "Right for the Right Reasons", 2017, Eq. 1.
"""

from collections.abc import Callable
from typing import Any, Literal

import tensorflow as tf

from gain_tf.attention.grad_cam import class_gradient

PIXEL_RANGE = 255.0
"""Grey levels from black to white."""


def log_probability_gradient(
    network: Callable[..., tf.Tensor],
    images: tf.Tensor,
    activation: Literal["sigmoid", "softmax"],
    *,
    pixel_range: float = PIXEL_RANGE,
) -> tf.Tensor:
    """Differentiate the summed log probabilities of each image: `d/dx sum_k log p_k`.

    With sigmoids each class is a choice of two, and the sum goes over both:
    `sum_k log p_k + log(1 - p_k)`.

    Args:
        network: maps images (N, H, W, 3) to logits (N, C); called with `training=False`. It must
            be differentiable twice where the gradient is trained.
        images: floating point, (N, H, W, 3).
        activation: what makes probabilities of the logits.
        pixel_range: of the images; the gradient is that of pixels in [0, 1], the published scale.

    Returns:
        (N, H, W, 3), of the images' type.
    """

    def summed(inputs: tf.Tensor, **kwargs: Any) -> tf.Tensor:
        logits = network(inputs, **kwargs)
        if activation == "softmax":
            logs = tf.nn.log_softmax(logits)
        else:
            logs = tf.math.log_sigmoid(logits) + tf.math.log_sigmoid(-logits)
        # Scaled before the derivative: float16 would lose the gradient of a single grey level.
        return pixel_range * tf.reduce_sum(logs, axis=1, keepdims=True)

    return class_gradient(images, summed, tf.zeros_like(images[:, 0, 0, 0], tf.int32))
