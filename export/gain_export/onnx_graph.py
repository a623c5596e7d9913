"""From a function to an ONNX graph.

The converter copies constants many times over; the 411 MB of a fully connected layer on VGG-16
drove it out of 24 GB. Large matrices therefore go past it: they enter the graph as inputs, and
become its constants afterwards.
"""

import math
import os
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import onnx
import tensorflow as tf

from gain_export.graph import Answer, Exportable
from gain_export.names import IMAGE

OPSET = 18
"""The first in which Resize knows antialiasing."""

LARGE = 1 << 20
"""Elements above which a matrix goes past the converter."""

IMAGE_TYPE = tf.TensorSpec([None, None, None, 3], tf.uint8, IMAGE)


def onnx_graph(inference: Exportable) -> onnx.ModelProto:
    """Write the graph of a model.

    Args:
        inference: what is exported.

    Returns:
        Opset 18, standard operations alone, with the inputs and outputs of `inference`; the same
        model gives the same bytes.

    Raises:
        NoRuleError: attention is asked for, and a layer of the head has no rule.
    """
    large = [kernel for kernel in inference.dense_kernels if math.prod(kernel.shape) > LARGE]
    names = [f"matrix_{place}" for place in range(len(large))]
    graph = _converted(inference, large, names)
    _drop_empty_unsqueezes(graph.graph)
    _name_in_order(graph.graph)
    for name, weight in zip(names, large, strict=True):
        _to_constant(graph.graph, name, np.asarray(weight))
    _declare(graph.graph, inference)
    # The converter lists domains that no node is of.
    used = {node.domain for node in graph.graph.node}
    for entry in [entry for entry in graph.opset_import if entry.domain not in used]:
        graph.opset_import.remove(entry)
    graph.producer_name, graph.producer_version = "gain-tf", ""
    return graph


def _converted(
    function: Callable[[tf.Tensor], Answer], large: Sequence[Any], names: Sequence[str]
) -> onnx.ModelProto:
    # The optimiser would copy the whole graph before each of its passes, to log a mistake of its
    # own and go on.
    os.environ.setdefault("TF2ONNX_CATCH_ERRORS", "FALSE")
    # Heavy, and loud when it is imported.
    import tf2onnx

    def traced(image: tf.Tensor, *values: tf.Tensor) -> Answer:
        with keras.StatelessScope(state_mapping=list(zip(large, values, strict=True))):
            return function(image)

    types = [
        tf.TensorSpec(weight.shape, tf.float32, name)
        for weight, name in zip(large, names, strict=True)
    ]
    signature, whole = [IMAGE_TYPE, *types], tf.function(traced, autograph=False)
    graph, _ = tf2onnx.convert.from_function(
        whole,
        signature,
        opset=OPSET,
        custom_op_handlers={"ScaleAndTranslate": (_antialiased_resize, [])},
    )
    # The message keeps every copy that the converter made on the way; its bytes do not.
    made = onnx.load_from_string(graph.SerializeToString())
    # What a layer holds as a tensor, such as the mean of a Normalization, came in as an input.
    for held, placeholder in whole.get_concrete_function(*signature).graph.captures:
        if placeholder.dtype != tf.resource:
            _fix_input(made.graph, placeholder.name, held.numpy())
    return made


def _antialiased_resize(context: Any, node: Any, name: str, args: Any) -> None:
    """Write TensorFlow's antialiased bilinear resize as ONNX's.

    They are the same where weights that fall outside the picture are left out of the mean.
    """
    image, size, *_ = node.input
    shape = context.make_node("Cast", [size], attr={"to": onnx.TensorProto.INT64}).output[0]
    upright = context.make_node("Transpose", [image], attr={"perm": [0, 3, 1, 2]}).output[0]
    kept = context.make_node("Shape", [upright], attr={"start": 0, "end": 2}).output[0]
    sizes = context.make_node("Concat", [kept, shape], attr={"axis": 0}).output[0]
    resized = context.make_node(
        "Resize",
        [upright, "", "", sizes],
        attr={
            "mode": "linear",
            "antialias": 1,
            "exclude_outside": 1,
            "coordinate_transformation_mode": "half_pixel",
        },
    ).output[0]
    types, shapes = node.output_dtypes, node.output_shapes
    context.remove_node(node.name)
    context.make_node(
        "Transpose",
        [resized],
        attr={"perm": [0, 2, 3, 1]},
        name=name,
        outputs=node.output,
        dtypes=types,
        shapes=shapes,
    )


def _to_constant(graph: onnx.GraphProto, name: str, value: np.ndarray) -> None:
    """Turn an input of the graph into one of its constants.

    Written in place: what is copied into a message stays in memory as long as the whole graph.
    """
    graph.input.remove(next(entry for entry in graph.input if entry.name == name))
    tensor = graph.initializer.add()
    tensor.name, tensor.data_type = name, onnx.TensorProto.FLOAT
    tensor.dims.extend(value.shape)
    tensor.raw_data = value.astype("<f4", copy=False).tobytes()


def _fix_input(graph: onnx.GraphProto, name: str, value: np.ndarray) -> None:
    """Turn an input of the graph, if it is one, into a constant of any type."""
    for entry in [entry for entry in graph.input if entry.name == name]:
        graph.input.remove(entry)
        graph.initializer.append(onnx.numpy_helper.from_array(value, name))


def _drop_empty_unsqueezes(graph: onnx.GraphProto) -> None:
    """Take out what the converter leaves between layouts: an Unsqueeze of no axis.

    ONNX Runtime passes the tensor on; OpenVINO adds an axis, and refuses the rest of the graph.
    """
    constants = {tensor.name: tensor for tensor in graph.initializer}
    idle = [
        node
        for node in graph.node
        if node.op_type == "Unsqueeze"
        and node.input[1] in constants
        and list(constants[node.input[1]].dims) == [0]
    ]
    for node in idle:
        graph.node.remove(node)
        for other in graph.node:
            other.input[:] = [
                node.input[0] if name == node.output[0] else name for name in other.input
            ]


def _name_in_order(graph: onnx.GraphProto) -> None:
    """Name nodes and tensors by their place: the converter counts on from one export to the next.

    Inputs and outputs keep their names.
    """
    kept = {entry.name for entry in (*graph.input, *graph.output)} | {""}
    names: dict[str, str] = {name: name for name in kept}
    used: dict[str, bool] = {}
    for node in graph.node:
        used.update(dict.fromkeys(node.input, True))
    constants = {tensor.name: tensor for tensor in graph.initializer if tensor.name in used}
    ordered = [name for name in used if name in constants]
    for place, name in enumerate(ordered):
        names[name] = f"constant_{place}"
    for place, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{place}"
        for number, output in enumerate(node.output):
            names.setdefault(output, f"{node.op_type}_{place}:{number}")
    for node in graph.node:
        node.input[:] = [names[name] for name in node.input]
        node.output[:] = [names[name] for name in node.output]
    for name in ordered:
        constants[name].name = names[name]
    tensors = [constants[name] for name in ordered]
    del graph.initializer[:]
    graph.initializer.extend(tensors)
    del graph.value_info[:]
    graph.name, graph.doc_string = "gain", ""


def _declare(graph: onnx.GraphProto, inference: Exportable) -> None:
    """Give inputs and outputs their order, and the shapes that callers may count on."""
    entries = {entry.name: entry for entry in (*graph.input, *graph.output)}
    for name, shape in inference.shapes.items():
        dimensions = entries[name].type.tensor_type.shape.dim
        for dimension, size in zip(dimensions, shape, strict=True):
            dimension.Clear()
            if isinstance(size, str):
                dimension.dim_param = size
            else:
                dimension.dim_value = size
    outputs = [entries[name] for name in inference.shapes if name != IMAGE]
    del graph.output[:]
    graph.output.extend(outputs)
