"""Grad-CAM as a differentiable function: Eq. 1 and 2.

The only place in the library that opens an inner tape. For Grad-CAM it reaches from the features
to the score, through the head alone: a second full backward pass would cost a third of a training
step.

Source: Li et al., "Guided Attention Inference Network", Eq. 1 and 2; Selvaraju et al., "Grad-CAM",
2017.
"""

from collections.abc import Callable

import tensorflow as tf


def class_gradient(
    inputs: tf.Tensor, network: Callable[..., tf.Tensor], classes: tf.Tensor
) -> tf.Tensor:
    """Differentiate the score of one class for each row: `ds^c / dx`.

    Args:
        inputs: floating point, one row a pair, (P, ...).
        network: maps the inputs to logits (P, C); called with `training=False`.
        classes: the class each row is asked about, (P,), integers in [0, C).

    Returns:
        Same shape as the inputs; zero where the score does not depend on them.
    """
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        logits = network(inputs, training=False)
        scores = tf.gather(logits, classes, batch_dims=1)
    return tape.gradient(scores, inputs, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def channel_weights(score_gradient: tf.Tensor) -> tf.Tensor:
    """Weigh each channel by its mean influence on the score (Eq. 1).

    `w[p, k] = GAP_{h, w}( ds^c / df[:, :, k] )`

    Args:
        score_gradient: gradient of the pair's score with respect to the features, (P, h, w, K).

    Returns:
        Channel weights, (P, K), any sign.
    """
    return tf.reduce_mean(score_gradient, axis=(1, 2))


def attention_map(features: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """Sum the channels by their weights and keep what speaks for the class (Eq. 2).

    `A^c = ReLU( sum_k w[p, k] f[:, :, k] )`

    Args:
        features: (P, h, w, K).
        weights: channel weights of Eq. 1, (P, K).

    Returns:
        Raw attention maps, (P, h, w), at least 0, on the scale of the score.
    """
    return tf.nn.relu(_weighed(features, weights))


def _weighed(features: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    return tf.einsum("phwk,pk->phw", features, weights)


def class_evidence(
    features: tf.Tensor,
    head: Callable[..., tf.Tensor],
    classes: tf.Tensor,
    *,
    weight_gradient: bool = True,
) -> tf.Tensor:
    """Compute what each cell says for or against one class: Eq. 1, and Eq. 2 before its ReLU.

    The result is differentiable with respect to the features and the head's weights. The head
    runs in inference mode: the map that is trained is the map that will be shown.

    Args:
        features: features of the last convolutional layer, one row a pair, (P, h, w, K).
        head: maps features (P, h, w, K) to logits (P, C); called with `training=False`. It must
            be differentiable twice, see `gain_tf.models.audit`.
        classes: the class each row is asked about, (P,), integers in [0, C).
        weight_gradient: whether training differentiates through the channel weights as well
            (second order). Off treats them as constants, as many re-implementations do; with a
            fully connected head that costs accuracy and kills maps.

    Returns:
        (P, h, w), any sign.
    """
    weights = channel_weights(class_gradient(features, head, classes))
    return _weighed(features, weights if weight_gradient else tf.stop_gradient(weights))


def grad_cam(
    features: tf.Tensor,
    head: Callable[..., tf.Tensor],
    classes: tf.Tensor,
    *,
    weight_gradient: bool = True,
) -> tf.Tensor:
    """Compute the attention map of one class for each row of features (Eq. 1 and 2).

    Args:
        features: as in `class_evidence`.
        head: as there.
        classes: as there.
        weight_gradient: as there.

    Returns:
        Raw attention maps, (P, h, w), at least 0.
    """
    return tf.nn.relu(class_evidence(features, head, classes, weight_gradient=weight_gradient))
