"""Back through pools and convolutions, which look at windows of cells."""

from typing import Any

import keras
import tensorflow as tf

from gain_export.activation_rules import through_activation
from gain_export.rule import Inputs, NoRuleError, rule
from gain_export.windows import Windows, gathered, scattered, stuffed, windows_of


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


@rule(keras.layers.Conv2D)
def convolution(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx` is the convolution of the stuffed `dz` with the kernel turned by half."""
    cotangent = through_activation(layer, inputs[0], output, cotangent)
    return [_turned(layer, inputs[0], cotangent, tf.convert_to_tensor(layer.kernel), layer.groups)]


@rule(keras.layers.DepthwiseConv2D)
def depthwise(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """A convolution with a group for each channel."""
    cotangent = through_activation(layer, inputs[0], output, cotangent)
    kernel = tf.convert_to_tensor(layer.kernel)
    return [_turned(layer, inputs[0], cotangent, *_as_grouped(kernel))]


@rule(keras.layers.SeparableConv2D)
def separable(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """Back through the pointwise convolution, a matrix, then through the depthwise one."""
    cotangent = through_activation(layer, inputs[0], output, cotangent)
    pointwise = tf.convert_to_tensor(layer.pointwise_kernel)
    cotangent = tf.nn.conv2d(cotangent, tf.transpose(pointwise, [0, 1, 3, 2]), 1, "VALID")
    kernel = tf.convert_to_tensor(layer.depthwise_kernel)
    return [_turned(layer, inputs[0], cotangent, *_as_grouped(kernel))]


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
