"""A fully connected layer whose kernel has one gradient, however often a step uses the kernel.

A GAIN step multiplies by the kernel W of a fully connected head four times: for the scores, forward
and backward for Grad-CAM, and for the scores of the erased images. TensorFlow computes a gradient
as large as W for each, and adds them when it has all four. Each is a product of few rows, those
that went in, x_u, and the gradients of those that came out, d_u, so that

    dL/dW = sum_u x_u^T d_u = [x_1; x_2; ...]^T [d_1; d_2; ...]

is one product and takes the memory of one. VGG-16's fc6 alone has a kernel of 392 MiB.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

_STEP = threading.local()


class KernelUses:
    """The products of a step with the kernels of its `StackedDense` layers."""

    def __init__(self) -> None:
        self._rows: dict[int, list[tuple[tf.Tensor, tf.Tensor]]] = {}
        self._differentiating = False
        self._graph = tf.compat.v1.get_default_graph()

    @property
    def reached(self) -> bool:
        """Whether what is computed now is part of the step, not of a function that it calls."""
        return tf.compat.v1.get_default_graph() is self._graph

    def product(self, inputs: tf.Tensor, kernel: keras.Variable) -> tf.Tensor:
        """Multiply by a kernel, `x W`, any number of times differentiable in `x`.

        Args:
            inputs: x, (..., n).
            kernel: W, (n, m). Its gradient is `gradients` to give; a tape finds none.

        Returns:
            (..., m).
        """
        matrix, uses = tf.convert_to_tensor(kernel), self._rows.setdefault(id(kernel), [])

        def note(rows: tf.Tensor, changes: tf.Tensor) -> None:
            if self._differentiating:
                flat = (tf.reshape(each, [-1, each.shape[-1]]) for each in (rows, changes))
                uses.append(tuple(flat))

        @tf.custom_gradient
        def forward(rows: tf.Tensor) -> tuple[tf.Tensor, Any]:
            def gradient(changes: tf.Tensor) -> tf.Tensor:
                note(rows, changes)
                return backward(changes)

            return tf.matmul(rows, matrix), gradient

        @tf.custom_gradient
        def backward(changes: tf.Tensor) -> tuple[tf.Tensor, Any]:
            def gradient(rows: tf.Tensor) -> tf.Tensor:
                note(rows, changes)
                return forward(rows)

            return tf.matmul(changes, matrix, transpose_b=True), gradient

        return forward(inputs)

    def gradients(
        self,
        differentiate: Callable[..., Sequence[tf.Tensor | None]],
        target: tf.Tensor,
        variables: Sequence[keras.Variable],
    ) -> list[tf.Tensor | None]:
        """Differentiate with respect to any variables, the kernels among them.

        Args:
            differentiate: `gradient` of the tape that has recorded the step.
            target: a scalar.
            variables: with respect to which.

        Returns:
            `d target / d variable` of each, None where the target does not depend on it.
        """
        self._differentiating = True
        found = differentiate(target, variables)
        self._differentiating = False
        gradients = [
            self._with_uses(gradient, variable)
            for gradient, variable in zip(found, variables, strict=True)
        ]
        # What TensorFlow keeps of a traced step for good should be no more than it must.
        for uses in self._rows.values():
            uses.clear()
        return gradients

    def _with_uses(self, gradient: tf.Tensor | None, variable: keras.Variable) -> tf.Tensor | None:
        """Add a kernel's products to what else depends on it, such as its regularisation."""
        uses = self._rows.get(id(variable))
        if not uses:
            return gradient
        rows, changes = (tf.concat(own, axis=0) for own in zip(*uses, strict=True))
        stacked = tf.matmul(rows, changes, transpose_a=True)
        stacked = tf.cast(stacked, variable.dtype)
        return stacked if gradient is None else gradient + stacked


@contextmanager
def stacked_kernel_gradients() -> Iterator[KernelUses]:
    """Let the `StackedDense` layers of this thread note their uses, for a step."""
    _STEP.uses = uses = KernelUses()
    try:
        yield uses
    finally:
        _STEP.uses = None


@keras.saving.register_keras_serializable("gain_tf")
class StackedDense(keras.layers.Dense):
    """`keras.layers.Dense`, but for how much memory its gradient takes within a step of `GAIN`."""

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return `activation(x W + b)`."""
        uses: KernelUses | None = getattr(_STEP, "uses", None)
        kernel = self.kernel
        # With LoRA the kernel is a sum, whose parts have the gradients.
        if uses is None or not uses.reached or not isinstance(kernel, keras.Variable):
            return super().call(inputs, training)
        outputs = uses.product(inputs, kernel)
        if self.bias is not None:
            outputs = keras.ops.add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)
