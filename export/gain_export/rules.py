"""The backward pass of each layer in plain forward operations: one small rule a layer.

A rule takes the layer, its inputs, its output and the cotangent of the output (the derivative of
the score by it), and returns the cotangents of the inputs. Runtimes for inference know no
gradients; these are what an exported graph is made of. Inference mode throughout.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from gain_export.activations import DERIVATIVES, clipped_relu, leaky_relu
from gain_export.windows import Windows, gathered, scattered, stuffed, windows_of
from gain_tf.errors import UserError

Inputs = list[tf.Tensor]
Rule = Callable[[Any, Inputs, tf.Tensor, tf.Tensor], Inputs]

RULES: dict[type, Rule] = {}
"""By the layer's class."""


class NoRuleError(UserError):
    """A layer of the head cannot be written backwards; the message names it."""


def rule(*layers: type) -> Callable[[Rule], Rule]:
    """Enter a function as the rule of some layers."""

    def enter(function: Rule) -> Rule:
        RULES.update(dict.fromkeys(layers, function))
        return function

    return enter


def rule_of(layer: Any) -> Rule:
    """Return the rule of a layer.

    Raises:
        NoRuleError: there is none.
    """
    if type(layer) not in RULES:
        raise NoRuleError(
            f"layer {layer.name!r} ({type(layer).__name__}) of the head has no rule for its "
            "backward pass, so the attention map cannot be part of the exported graph; "
            f"layers with a rule are {', '.join(sorted(known.__name__ for known in RULES))}"
        )
    return RULES[type(layer)]


@rule(
    keras.layers.Dropout,
    keras.layers.SpatialDropout2D,
    keras.layers.AlphaDropout,
    keras.layers.GaussianDropout,
    keras.layers.GaussianNoise,
    keras.layers.Identity,
    keras.layers.ActivityRegularization,
)
def unchanged(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """In inference the layer does nothing."""
    return [cotangent]


@rule(keras.layers.Flatten, keras.layers.Reshape)
def reshaped(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy`, in the input's shape."""
    return [tf.reshape(cotangent, [-1, *inputs[0].shape[1:]])]


@rule(keras.layers.Dense)
def dense(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dz W^T`, written `(W dz^T)^T`: no copy of a large matrix is transposed."""
    if len(inputs[0].shape) != 2:
        raise NoRuleError(
            f"layer {layer.name!r}: a Dense layer has a rule on inputs (B, K) alone, not on "
            f"{tuple(inputs[0].shape)}"
        )
    cotangent = _through_activation(layer, inputs[0], output, cotangent)
    return [tf.transpose(tf.matmul(layer.kernel, cotangent, transpose_b=True))]


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


@rule(keras.layers.GlobalAveragePooling2D)
def average_all(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy / (h w)`, the same in every cell."""
    shape = tf.shape(inputs[0])
    share = cotangent / tf.cast(shape[1] * shape[2], cotangent.dtype)
    return [tf.broadcast_to(tf.reshape(share, [-1, 1, 1, inputs[0].shape[-1]]), shape)]


@rule(keras.layers.MaxPooling2D)
def max_pool(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy` at the first maximum of each window: ReLU leaves many that tie."""
    axes = _windows(layer, inputs[0], layer.pool_size)
    parts, taken = [], tf.zeros_like(output, tf.bool)
    for seen in gathered(inputs[0], axes, inputs[0].dtype.min):
        best = tf.equal(seen, output) & ~taken
        taken |= best
        parts.append(tf.where(best, cotangent, tf.zeros_like(cotangent)))
    return [scattered(parts, axes)]


@rule(keras.layers.AveragePooling2D)
def average_pool(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy / n` for each of the `n` cells of a window; padding is not counted."""
    axes = _windows(layer, inputs[0], layer.pool_size)
    size = [1, *inputs[0].shape[1:3], 1]
    share = cotangent / tf.add_n(gathered(tf.ones(size, cotangent.dtype), axes, 0.0))
    return [scattered([share] * (axes[0].taps * axes[1].taps), axes)]


@rule(keras.layers.BatchNormalization)
def batch_norm(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy gamma / sqrt(variance + epsilon)`, with the moving variance."""
    if layer.axis not in (-1, len(inputs[0].shape) - 1):
        raise NoRuleError(f"layer {layer.name!r}: batch norm has a rule on the last axis alone")
    scale = tf.math.rsqrt(tf.convert_to_tensor(layer.moving_variance) + layer.epsilon)
    return [cotangent * (scale * layer.gamma if layer.scale else scale)]


@rule(keras.layers.Conv2D)
def convolution(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx` is the convolution of the stuffed `dz` with the kernel turned by half."""
    cotangent = _through_activation(layer, inputs[0], output, cotangent)
    return [_turned(layer, inputs[0], cotangent, tf.convert_to_tensor(layer.kernel), layer.groups)]


@rule(keras.layers.DepthwiseConv2D)
def depthwise(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """A convolution with a group for each channel."""
    cotangent = _through_activation(layer, inputs[0], output, cotangent)
    kernel = tf.convert_to_tensor(layer.kernel)
    return [_turned(layer, inputs[0], cotangent, *_as_grouped(kernel))]


@rule(keras.layers.SeparableConv2D)
def separable(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """Back through the pointwise convolution, a matrix, then through the depthwise one."""
    cotangent = _through_activation(layer, inputs[0], output, cotangent)
    pointwise = tf.convert_to_tensor(layer.pointwise_kernel)
    cotangent = tf.nn.conv2d(cotangent, tf.transpose(pointwise, [0, 1, 3, 2]), 1, "VALID")
    kernel = tf.convert_to_tensor(layer.depthwise_kernel)
    return [_turned(layer, inputs[0], cotangent, *_as_grouped(kernel))]


@rule(keras.layers.ZeroPadding2D)
def zero_padding(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx` is `dy` without its border."""
    (top, _), (left, _) = layer.padding
    _, height, width, _ = inputs[0].shape
    return [cotangent[:, top : top + height, left : left + width]]


@rule(keras.layers.Add)
def add(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy` for each input."""
    return [_summed_to(x, cotangent) for x in inputs]


@rule(keras.layers.Multiply)
def multiply(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx_i` is `dy` times all other inputs."""
    made = []
    for place, own in enumerate(inputs):
        share = cotangent
        for other in (*inputs[:place], *inputs[place + 1 :]):
            share *= other
        made.append(_summed_to(own, share))
    return made


@rule(keras.layers.Concatenate)
def concatenate(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx_i` is the piece of `dy` where `x_i` lies."""
    sizes = [int(x.shape[layer.axis]) for x in inputs]
    return tf.split(cotangent, sizes, axis=layer.axis)


def _derivative(layer: Any) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    if name not in DERIVATIVES:
        raise NoRuleError(
            f"layer {layer.name!r}: the activation {name!r} has no rule for its backward pass; "
            f"those with one are {', '.join(sorted(DERIVATIVES))}"
        )
    return DERIVATIVES[name]


def _through_activation(
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


def _windows(layer: Any, x: tf.Tensor, taps: Any, dilation: Any = (1, 1)) -> list[Windows]:
    if None in x.shape[1:3]:
        raise NoRuleError(
            f"layer {layer.name!r}: its backward pass needs images of a fixed size; give "
            "image_size=(height, width)"
        )
    return [
        windows_of(size, tap, stride, layer.padding, dilate)
        for size, tap, stride, dilate in zip(
            x.shape[1:3], taps, _pair(layer.strides), _pair(dilation), strict=True
        )
    ]


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def _as_grouped(kernel: tf.Tensor) -> tuple[tf.Tensor, int]:
    """Turn a depthwise kernel (a, b, C, m) into that of a convolution with C groups."""
    rows, columns, channels, multiplier = kernel.shape
    return tf.reshape(kernel, [rows, columns, 1, channels * multiplier]), channels


def _turned(
    layer: Any, x: tf.Tensor, cotangent: tf.Tensor, kernel: tf.Tensor, groups: int
) -> tf.Tensor:
    rows, columns = _windows(layer, x, kernel.shape[:2], layer.dilation_rate)
    spread = stuffed(cotangent, rows.stride, columns.stride)
    room = [
        [axis.reach - 1 - axis.before, axis.size - 1 - (axis.count - 1) * axis.stride + axis.before]
        for axis in (rows, columns)
    ]
    high, wide, taken, made = kernel.shape
    kernel = tf.reshape(kernel[::-1, ::-1], [high, wide, taken, groups, made // groups])
    kernel = tf.reshape(
        tf.transpose(kernel, [0, 1, 4, 3, 2]), [high, wide, made // groups, groups * taken]
    )
    return tf.nn.conv2d(
        tf.pad(spread, [[0, 0], *room, [0, 0]]),
        kernel,
        1,
        "VALID",
        dilations=[rows.dilation, columns.dilation],
    )


def _summed_to(x: tf.Tensor, cotangent: tf.Tensor) -> tf.Tensor:
    """Sum over the axes along which a smaller input was spread."""
    axes = [
        axis
        for axis, (own, given) in enumerate(zip(x.shape, cotangent.shape, strict=True))
        if own == 1 and given != 1 and axis
    ]
    return tf.reduce_sum(cotangent, axes, keepdims=True) if axes else cotangent
