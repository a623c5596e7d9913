"""L_cl: is the image called what it is?

Source: Li et al., "Guided Attention Inference Network", Section 3.1 (multi-label soft margin).
"""

from typing import Any, Literal

import keras
import tensorflow as tf

Activation = Literal["sigmoid", "softmax"]


def multi_label_soft_margin(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Mean of the C sigmoid cross-entropies, for images with any number of labels.

    `L_cl = -(1/C) sum_c [ y_c log sigmoid(s_c) + (1 - y_c) log(1 - sigmoid(s_c)) ]`

    Args:
        labels: multi-hot, (B, C), in [0, 1].
        logits: (B, C).

    Returns:
        (B,), at least 0.
    """
    labels = tf.cast(labels, logits.dtype)
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, logits), axis=-1)


def softmax_cross_entropy(labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of the softmax, for images with exactly one label.

    `L_cl = -sum_c y_c log softmax(s)_c`

    Args:
        labels: one-hot, (B, C), in [0, 1].
        logits: (B, C).

    Returns:
        (B,), at least 0.
    """
    labels = tf.cast(labels, logits.dtype)
    # TensorFlow's own kernel has the gradient p - y, which is not zero for a row without a label.
    return -tf.reduce_sum(labels * tf.nn.log_softmax(logits), axis=-1)


@keras.saving.register_keras_serializable("gain_tf")
class Classification(keras.losses.Loss):
    """L_cl on logits, as a Keras loss.

    Args:
        activation: "sigmoid" for `multi_label_soft_margin`, "softmax" for
            `softmax_cross_entropy`.
        name: of the loss.
        **kwargs: passed to `keras.losses.Loss`.

    Raises:
        ValueError: `activation` is neither of the two.
    """

    def __init__(
        self, activation: Activation = "sigmoid", name: str = "classification", **kwargs: Any
    ) -> None:
        super().__init__(name=name, **kwargs)
        if activation not in ("sigmoid", "softmax"):
            raise ValueError(f"activation must be 'sigmoid' or 'softmax', not {activation!r}")
        self.activation = activation

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """Return L_cl of each image, (B,), from labels and logits, both (B, C)."""
        formula = multi_label_soft_margin if self.activation == "sigmoid" else softmax_cross_entropy
        return formula(y_true, y_pred)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "activation": self.activation}
