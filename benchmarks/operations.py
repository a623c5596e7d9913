"""Floating-point operations of a TensorFlow graph, counted from its static shapes."""

import math

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


def _of_graph(graph: tf.Graph) -> int:
    return sum(_of_operation(operation) for operation in graph.get_operations())


def _of_operation(operation: tf.Operation) -> int:
    kind = operation.type
    if kind in ("PartitionedCall", "StatefulPartitionedCall"):
        called = operation.get_attr("f").name
        return _of_graph(operation.graph._get_function(called).graph)
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


def _elements(tensor: tf.Tensor) -> int:
    shape = tensor.shape
    return math.prod(shape) if shape.is_fully_defined() else 0
