"""Is a head safe to differentiate twice?

Attention is a first derivative of the score; training differentiates it again. Some operations
have a correct first derivative and silently none of second order: `tf.image.resize` between
features and scores is one, and it trains the wrong thing without a word. The audit does not know
operations by name. It differentiates each operation of the head twice, in float64, and compares
with finite differences of what the first derivative gives.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

STEPS = (1e-7, 1e-7, 1e-4, 1e-3)
"""Of the central differences, one an attempt: a kink (ReLU, max pool) between the two points spoils
one attempt, and an operation that insists on float32 drowns the finest in rounding."""

TOLERANCE = 1e-2
"""Largest relative difference that passes; a derivative that is missing is off by all of it."""

FLOOR = 1e-3
"""Difference that passes as rounding, as a share of the first derivative."""

SIDE = 7
"""Height and width of the features tried where nothing says how large they are."""

Tensors = list[tf.Tensor]


class SecondOrderError(ValueError):
    """A layer of the head has no correct second derivative."""


def audit_second_order(head: keras.Model, features_shape: Sequence[int | None]) -> None:
    """Refuse a head that would train on wrong second derivatives.

    Args:
        head: functional or Sequential model from features (B, h, w, K) to logits (B, C).
        features_shape: shape (B, h, w, K) of the features model's output; it says at which h and
            w a head of free size is tried.

    Raises:
        SecondOrderError: names the first layer that fails.
    """
    double = _in_float64(head)
    sizes = zip(head.input_shape[1:], features_shape[1:], strict=True)
    random = np.random.default_rng(0)
    features = random.normal(size=[1, *(own or given or SIDE for own, given in sizes)])
    for operation in double.operations:
        if isinstance(operation, keras.layers.InputLayer):
            continue
        inputs, alone = _on_its_own(operation)
        before = keras.Model(double.inputs, inputs)
        made = keras.tree.flatten(before(tf.constant(features), training=False))
        values = [_in_general_position(tensor, random) for tensor in made]
        if not any(_agrees(alone, values, random, step) for step in STEPS):
            raise SecondOrderError(
                f"layer {operation.name!r} of the head has no correct second derivative, which "
                "training the attention needs: move it into the features model, or behind the "
                "finished map"
            )


def _on_its_own(operation: Any) -> tuple[list[Any], keras.Model]:
    """Cut an operation out of its model: what it is given there, and it alone as a model."""
    # Not `operation.input`: that of a nested model is its own, not what the head gives it.
    call = operation._inbound_nodes[-1]
    # An operation may be given a tensor twice, as attention is its queries and values.
    given = {id(tensor): tensor for tensor in call.input_tensors}
    fresh = {
        key: keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype)
        for key, tensor in given.items()
    }
    # Called anew: what a layer gives that is called twice is also what it was given.
    arguments, options = call.arguments.fill_in(fresh)
    return list(given.values()), keras.Model(list(fresh.values()), operation(*arguments, **options))


def _in_general_position(tensor: tf.Tensor, random: np.random.Generator) -> tf.Tensor:
    """Part equal values: the zeros a ReLU leaves tie in a max pool, a kink under any step.

    What is added is positive, so that what a square root or logarithm takes stays positive.
    """
    values = tensor.numpy().astype(np.float64)
    return tf.constant(values + np.std(values) * random.uniform(size=values.shape))


def _in_float64(head: keras.Model) -> keras.Model:
    """Copy the head with every layer in float64, weights included, as a functional model."""

    def recast(layer: Any) -> Any:
        if isinstance(layer, keras.Model):
            return _in_float64(layer)
        if isinstance(layer, keras.layers.Lambda):
            # A lambda loses its globals on the way through its configuration.
            return keras.layers.Lambda(
                layer.function, name=layer.name, dtype="float64", arguments=layer.arguments
            )
        config = layer.get_config()
        if isinstance(layer, keras.layers.Layer):
            config = {**_with_float64(config), "dtype": "float64"}
        return type(layer).from_config(config)

    functional = keras.Model(head.inputs, head.outputs[0], name=head.name)
    features = keras.Input(head.input_shape[1:], dtype="float64")
    double = keras.models.clone_model(functional, input_tensors=[features], clone_function=recast)
    double.set_weights(head.get_weights())
    return double


def _with_float64(config: Any) -> Any:
    """Replace the type that a configuration names, and those of layers inside a wrapper."""
    if isinstance(config, dict):
        return {
            key: "float64" if key == "dtype" else _with_float64(value)
            for key, value in config.items()
        }
    return [_with_float64(value) for value in config] if isinstance(config, list) else config


def _agrees(
    operation: keras.Model, inputs: Tensors, random: np.random.Generator, step: float
) -> bool:
    """Compare the derivatives of `q = <v, d<u, f(x)>/dx>` with finite differences.

    Along x and the weights the first derivative itself is differenced; along u, in which q is
    linear with slope J v, the operation is.
    """

    def like(tensors: Sequence[Any]) -> Tensors:
        # As long as what it moves: the steps of the differences are relative.
        ways = [tf.constant(random.normal(size=t.shape), tf.float64) for t in tensors]
        return [
            way * tf.math.divide_no_nan(tf.norm(t), tf.norm(way))
            for way, t in zip(ways, tensors, strict=True)
        ]

    variables = operation.trainable_variables
    weights = [tf.identity(variable.value) for variable in variables]

    def run(x: Tensors, w: Tensors) -> Tensors:
        # Tensors for variables: those of `tf.distribute` have no gradient between its steps.
        with keras.StatelessScope(list(zip(variables, w, strict=True))):
            made = operation(x if len(x) > 1 else x[0], training=False)
        return [tf.cast(tensor, tf.float64) for tensor in keras.tree.flatten(made)]

    def contracted(x: Tensors, w: Tensors, u: Tensors, v: Tensors) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            weighed = _dot(run(x, w), u)
        return _dot(
            tape.gradient(weighed, x, unconnected_gradients=tf.UnconnectedGradients.ZERO), v
        )

    u, v = like(run(inputs, weights)), like(inputs)
    try:
        with tf.GradientTape() as tape:
            tape.watch([*inputs, *weights, *u])
            value = contracted(inputs, weights, u, v)
        slopes = tape.gradient(
            value, [inputs, u, weights], unconnected_gradients=tf.UnconnectedGradients.ZERO
        )
    except LookupError:
        # TensorFlow knows no derivative at all for one of the operations.
        return False
    directions = [like(tensors) for tensors in (inputs, u, weights)]
    analytic = [_dot(slope, way) for slope, way in zip(slopes, directions, strict=True)]
    along_x, along_u, along_w = directions

    numeric = (
        _difference(lambda by: contracted(_moved(inputs, along_x, by), weights, u, v), step),
        _difference(lambda by: _dot(run(_moved(inputs, v, by), weights), along_u), step),
        _difference(lambda by: contracted(inputs, _moved(weights, along_w, by), u, v), step),
    )
    floor = FLOOR * abs(float(value))
    return all(
        abs(float(exact) - found) <= TOLERANCE * max(abs(float(exact)), abs(found)) + floor
        for exact, found in zip(analytic, numeric, strict=True)
    )


def _difference(function: Callable[[float], tf.Tensor], step: float) -> float:
    """Central difference at zero."""
    return float(function(step) - function(-step)) / (2 * step)


def _moved(tensors: Tensors, directions: Tensors, by: float) -> Tensors:
    return [t + by * direction for t, direction in zip(tensors, directions, strict=True)]


def _dot(left: Sequence[tf.Tensor], right: Sequence[tf.Tensor]) -> tf.Tensor:
    products = [tf.reduce_sum(a * b) for a, b in zip(left, right, strict=True)]
    return tf.add_n(products) if products else tf.zeros([], tf.float64)
