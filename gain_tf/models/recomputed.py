"""Features whose activations are computed anew for the gradient instead of kept.

Rematerialisation, after Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016. A GAIN
step holds the activations of two streams. The gradient of the erased one is computed first, and
what it held is free by then: the classification stream, computed again, takes its place.
"""

from typing import Any

import keras
import tensorflow as tf


def recomputed(features: keras.Model, images: tf.Tensor, *, training: bool) -> tf.Tensor:
    """Compute features as the model does, forgetting what lies between.

    Args:
        features: images to features, without random numbers, see `check_recomputable`.
        images: (B, H, W, 3).
        training: whether batch norm runs in training mode; it follows the images once.

    Returns:
        Features (B, h, w, K). Their first derivative is right; there is no second.
    """

    @tf.custom_gradient
    def forget(images: tf.Tensor) -> tuple[tf.Tensor, Any]:
        def gradient(upstream: tf.Tensor, variables: Any = None) -> Any:
            # Not before the gradient has come: memory would be taken from the start.
            with tf.control_dependencies([upstream]):
                images_again = tf.identity(images)
            with tf.GradientTape() as tape, keras.StatelessScope():
                tape.watch(images_again)
                again = features(images_again, training=training)
            found = tape.gradient(
                again,
                [images_again, *(variables or ())],
                output_gradients=upstream,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            return found[0], found[1:]

        return features(images, training=training), gradient

    return forget(images)


def check_recomputable(features: keras.Model) -> None:
    """Refuse a model that would not compute the same a second time.

    Args:
        features: images to features.

    Raises:
        ValueError: a layer draws random numbers.
    """
    for layer in features._flatten_layers(include_self=False):
        if hasattr(layer, "seed_generator"):
            raise ValueError(
                f"remat: layer {layer.name!r} of the features model draws random numbers, which "
                "would be others when it is computed again; leave remat off"
            )
