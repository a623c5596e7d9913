"""Back through an activation, a layer of its own or the end of another."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from gain_export.activations import DERIVATIVES, clipped_relu, leaky_relu
from gain_export.rule import Inputs, NoRuleError, rule


@rule(keras.layers.Activation)
def activation(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = f'(x) dy`."""
    return [_derivative(layer)(inputs[0], output) * cotangent]


@rule(keras.layers.ReLU)
def relu(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy` where `0 < x < max_value`."""
    if layer.negative_slope or layer.threshold:
        raise NoRuleError(f"layer {layer.name!r}: a ReLU with a slope or threshold has no rule")
    return [clipped_relu(layer.max_value)(inputs[0], output) * cotangent]


@rule(keras.layers.LeakyReLU)
def leaky(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy` where `x > 0`, elsewhere `slope dy`."""
    return [leaky_relu(float(layer.negative_slope))(inputs[0], output) * cotangent]


def _derivative(layer: Any) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    if name not in DERIVATIVES:
        raise NoRuleError(
            f"layer {layer.name!r}: the activation {name!r} has no rule for its backward pass; "
            f"those with one are {', '.join(sorted(DERIVATIVES))}"
        )
    return DERIVATIVES[name]


def through_activation(
    layer: Any, x: tf.Tensor, output: tf.Tensor, cotangent: tf.Tensor
) -> tf.Tensor:
    """From `dy` to `dz` of a layer that ends in an activation of its own, `y = f(z)`."""
    derivative = _derivative(layer)
    name = layer.activation.__name__
    if name == "linear":
        return cotangent
    if name in ("relu", "relu6", "sigmoid", "tanh", "elu", "leaky_relu"):
        # These derivatives are the same in y as in z.
        return derivative(output, output) * cotangent
    return derivative(_before_activation(layer, x), output) * cotangent


def _before_activation(layer: Any, x: tf.Tensor) -> tf.Tensor:
    own, layer.activation = layer.activation, keras.activations.linear
    try:
        return layer(x)
    finally:
        layer.activation = own
