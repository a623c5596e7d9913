"""Derivatives of activation functions in plain forward operations."""

from collections.abc import Callable

import tensorflow as tf

Derivative = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""From `z` and `y = f(z)` to `f'(z)`, all of one shape."""


def _one_where(condition: tf.Tensor, like: tf.Tensor, otherwise: float = 0.0) -> tf.Tensor:
    return tf.where(condition, tf.ones_like(like), otherwise * tf.ones_like(like))


def _gelu(z: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
    density = tf.exp(-z * z / 2) * 0.3989422804014327
    return 0.5 * (1 + tf.math.erf(z * 0.7071067811865476)) + z * density


def _silu(z: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
    gate = tf.sigmoid(z)
    return gate * (1 + z * (1 - gate))


def leaky_relu(slope: float) -> Derivative:
    """Return the derivative of `max(z, slope z)`: 1 above zero, the slope elsewhere."""
    return lambda z, y: _one_where(z > 0, y, slope)


def clipped_relu(maximum: float | None) -> Derivative:
    """Return the derivative of `min(max(z, 0), maximum)`: 1 strictly between, 0 elsewhere."""
    if maximum is None:
        return leaky_relu(0.0)
    return lambda z, y: _one_where((z > 0) & (z < maximum), y)


DERIVATIVES: dict[str, Derivative] = {
    "linear": lambda z, y: tf.ones_like(y),
    "relu": clipped_relu(None),
    "relu6": clipped_relu(6.0),
    "leaky_relu": leaky_relu(0.2),
    "elu": lambda z, y: tf.where(z > 0, tf.ones_like(y), y + 1),
    "sigmoid": lambda z, y: y * (1 - y),
    "tanh": lambda z, y: 1 - y * y,
    "softplus": lambda z, y: tf.sigmoid(z),
    "silu": _silu,
    "hard_sigmoid": lambda z, y: _one_where((z > -3) & (z < 3), y) / 6,
    "hard_silu": lambda z, y: tf.where(
        z <= -3, tf.zeros_like(y), tf.where(z >= 3, tf.ones_like(y), z / 3 + 0.5)
    ),
    "gelu": _gelu,
}
"""By the name that Keras gives the function."""
