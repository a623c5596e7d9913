"""Back through layers that look at one cell at a time, or at all of them."""

from typing import Any

import keras
import tensorflow as tf

from gain_export.activation_rules import through_activation
from gain_export.rule import Inputs, NoRuleError, rule
from gain_tf.models.stacked_dense import StackedDense


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


@rule(keras.layers.Dense, StackedDense)
def dense(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dz W^T`, written `(W dz^T)^T`: no copy of a large matrix is transposed."""
    if len(inputs[0].shape) != 2:
        raise NoRuleError(
            f"layer {layer.name!r}: a Dense layer has a rule on inputs (B, K) alone, not on "
            f"{tuple(inputs[0].shape)}"
        )
    cotangent = through_activation(layer, inputs[0], output, cotangent)
    return [tf.transpose(tf.matmul(layer.kernel, cotangent, transpose_b=True))]


@rule(keras.layers.GlobalAveragePooling2D)
def average_all(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy / (h w)`, the same in every cell."""
    shape = tf.shape(inputs[0])
    share = cotangent / tf.cast(shape[1] * shape[2], cotangent.dtype)
    return [tf.broadcast_to(tf.reshape(share, [-1, 1, 1, inputs[0].shape[-1]]), shape)]


@rule(keras.layers.BatchNormalization)
def batch_norm(layer: Any, inputs: Inputs, output: tf.Tensor, cotangent: tf.Tensor) -> Inputs:
    """`dx = dy gamma / sqrt(variance + epsilon)`, with the moving variance."""
    if layer.axis not in (-1, len(inputs[0].shape) - 1):
        raise NoRuleError(f"layer {layer.name!r}: batch norm has a rule on the last axis alone")
    scale = tf.math.rsqrt(tf.convert_to_tensor(layer.moving_variance) + layer.epsilon)
    return [cotangent * (scale * layer.gamma if layer.scale else scale)]


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


def _summed_to(x: tf.Tensor, cotangent: tf.Tensor) -> tf.Tensor:
    """Sum over the axes along which a smaller input was spread."""
    axes = [
        axis
        for axis, (own, given) in enumerate(zip(x.shape, cotangent.shape, strict=True))
        if own == 1 and given != 1 and axis
    ]
    return tf.reduce_sum(cotangent, axes, keepdims=True) if axes else cotangent
