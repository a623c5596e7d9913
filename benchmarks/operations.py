"""Floating-point operations and bytes of a TensorFlow graph, counted from its static shapes."""

import math
from collections.abc import Iterator

import tensorflow as tf

CONVOLUTIONS = {
    # What the kernel is swept over: what comes out, or the gradient that goes in.
    "Conv2D": "output",
    "DepthwiseConv2dNative": "output",
    "Conv2DBackpropInput": "gradient",
    "DepthwiseConv2dNativeBackpropInput": "gradient",
    "Conv2DBackpropFilter": "gradient",
    "DepthwiseConv2dNativeBackpropFilter": "gradient",
}


PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2")

HELD = ("Const", "Placeholder", "ReadVariableOp", "Identity", "Reshape", "Shape", "NoOp")
"""What computes nothing and moves nothing."""


def count_operations(function: tf.types.experimental.ConcreteFunction) -> int:
    """Count the operations of one call: multiplications and additions apart.

    Args:
        function: concrete, every shape static. Functions that it calls are counted as often as
            they are called.

    Returns:
        Operations of convolutions and matrix products, and one for each element that any other
        operation gives.
    """
    return _of_graph(function.graph)


def count_bytes(function: tf.types.experimental.ConcreteFunction) -> tuple[int, int]:
    """Count the bytes that one call moves between a device and its memory.

    Args:
        function: as for `count_operations`.

    Returns:
        Where a compiler fuses everything else into convolutions and matrix products, and where each
        operation reads what goes in and writes what comes out.
    """
    fused = apart = 0
    for operation in _operations(function.graph):
        if operation.type in HELD:
            continue
        moved = sum(map(_bytes, (*operation.inputs, *operation.outputs)))
        apart += moved
        fused += moved if operation.type in (*CONVOLUTIONS, *PRODUCTS) else 0
    return fused, apart


def _of_graph(graph: tf.Graph) -> int:
    return sum(map(_of_operation, _operations(graph)))


def _operations(graph: tf.Graph) -> Iterator[tf.Operation]:
    """List the operations of a graph, those of a called function in the place of the call."""
    for operation in graph.get_operations():
        if operation.type in ("PartitionedCall", "StatefulPartitionedCall"):
            called = operation.get_attr("f").name
            yield from _operations(operation.graph._get_function(called).graph)
        else:
            yield operation


def _of_operation(operation: tf.Operation) -> int:
    kind = operation.type
    if kind in CONVOLUTIONS:
        return _of_convolution(operation)
    if kind == "MatMul":
        left, _ = operation.inputs
        inner = left.shape[0] if operation.get_attr("transpose_a") else left.shape[1]
        return 2 * _elements(operation.outputs[0]) * inner
    if kind in ("BatchMatMulV2", "BatchMatMul"):
        left, _ = operation.inputs
        inner = left.shape[-2] if operation.get_attr("adj_x") else left.shape[-1]
        return 2 * _elements(operation.outputs[0]) * inner
    return sum(_elements(output) for output in operation.outputs if output.dtype.is_floating)


def _of_convolution(operation: tf.Operation) -> int:
    """Each element of what is swept meets every weight of the kernel that reaches it."""
    kind = operation.type
    if CONVOLUTIONS[kind] == "output":
        swept, kernel = operation.outputs[0], operation.inputs[1].shape
    else:
        swept = operation.inputs[2]
        filters = "Filter" in kind
        kernel = operation.outputs[0].shape if filters else operation.inputs[1].shape
    height, width, channels, _ = kernel
    reach = height * width * (1 if kind.startswith("Depthwise") else channels)
    return 2 * _elements(swept) * reach


def _bytes(tensor: tf.Tensor) -> int:
    return _elements(tensor) * tensor.dtype.size if tensor.dtype.is_floating else 0


def _elements(tensor: tf.Tensor) -> int:
    shape = tensor.shape
    return math.prod(shape) if shape.is_fully_defined() else 0
