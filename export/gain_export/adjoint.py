"""The derivative of a score by the features, without automatic differentiation (Eq. 1).

`gain_tf.attention.grad_cam` takes it from a tape. A graph for inference has no tape: the head is
run forward once, each step remembered, and then backward by the rules of its layers.
"""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from gain_export.rules import rule_of


@dataclass(frozen=True)
class Step:
    """One layer of the head as it was run."""

    layer: Any
    inputs: list[tf.Tensor]
    output: tf.Tensor


def forward(head: keras.Model, features: tf.Tensor) -> tuple[tf.Tensor, list[Step]]:
    """Run a head and remember each of its layers.

    Args:
        head: functional or Sequential.
        features: (N, h, w, K).

    Returns:
        Logits (N, C), and the steps in the order in which they were run.
    """
    steps: list[Step] = []
    return _run(head, features, steps), steps


def score_gradient(
    features: tf.Tensor, logits: tf.Tensor, steps: list[Step], classes: tf.Tensor
) -> tf.Tensor:
    """Differentiate the scores of k classes by the features.

    Args:
        features: (N, h, w, K).
        logits: (N, C).
        steps: what `forward` remembered.
        classes: of each image, (N, k), integers in [0, C); k is static.

    Returns:
        `ds^c / df`, (N k, h, w, K), the classes of one image one after the other.

    Raises:
        NoRuleError: a layer of the head has no rule.
    """
    count = classes.shape[1]

    def for_each_class(tensor: tf.Tensor) -> tf.Tensor:
        return tensor if count == 1 else tf.repeat(tensor, count, axis=0)

    seed = tf.one_hot(tf.reshape(classes, [-1]), logits.shape[-1], dtype=logits.dtype)
    cotangents: dict[int, tf.Tensor] = {id(logits): seed}
    for step in reversed(steps):
        cotangent = cotangents.pop(id(step.output), None)
        if cotangent is None:
            continue
        backward = rule_of(step.layer)
        repeated = [for_each_class(tensor) for tensor in step.inputs]
        shares = backward(step.layer, repeated, for_each_class(step.output), cotangent)
        for tensor, share in zip(step.inputs, shares, strict=True):
            known = cotangents.get(id(tensor))
            cotangents[id(tensor)] = share if known is None else known + share
    return cotangents[id(features)]


def _run(model: keras.Model, inputs: Any, steps: list[Step]) -> Any:
    def remembered(operation: Any) -> Any:
        if isinstance(operation, keras.Model):
            return lambda *tensors, **_: _run(operation, tensors, steps)

        def run(*arguments: Any, **options: Any) -> Any:
            output = operation(*arguments, **options)
            steps.append(Step(operation, keras.tree.flatten(arguments), output))
            return output

        return run

    functional = model if hasattr(model, "_run_through_graph") else model._functional  # Sequential
    return functional._run_through_graph(inputs, operation_fn=remembered)
