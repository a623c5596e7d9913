"""Is an ONNX graph what it is declared to be? What can be told without running it."""

import onnx

from gain_export.graph import Exportable
from gain_export.names import ATTENTION, ATTENTION_CLASS, CLASS_MAP, IMAGE, SCORES
from gain_tf.errors import FailedError, first_line

TYPES = {
    "image": onnx.TensorProto.UINT8,
    SCORES: onnx.TensorProto.FLOAT,
    ATTENTION: onnx.TensorProto.FLOAT,
    ATTENTION_CLASS: onnx.TensorProto.INT64,
    CLASS_MAP: onnx.TensorProto.UINT8,
    "probabilities": onnx.TensorProto.FLOAT,
}


def check_graph(graph: onnx.ModelProto, inference: Exportable) -> None:
    """Check a graph before it is run: the converter reports success where there is none.

    Args:
        graph: with everything inside.
        inference: what it must be.

    Raises:
        FailedError: all that is wrong.
    """
    problems = _foreign(graph) + _interface(graph.graph, inference)
    try:
        onnx.checker.check_model(graph, full_check=True)
        onnx.shape_inference.infer_shapes(graph, check_type=True, strict_mode=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        problems.append(first_line(error))
    if problems:
        raise FailedError(f"the ONNX graph is not acceptable: {'; '.join(problems)}")


def _foreign(graph: onnx.ModelProto) -> list[str]:
    problems = [
        f"it needs operations of {entry.domain!r}"
        for entry in graph.opset_import
        if entry.domain not in ("", "ai.onnx")
    ]
    for node in graph.graph.node:
        if node.domain not in ("", "ai.onnx"):
            problems.append(f"node {node.name!r} is {node.op_type} of {node.domain!r}")
        elif node.op_type.endswith(("Grad", "Gradient")):
            problems.append(f"node {node.name!r} is {node.op_type}, an operation of training")
    return problems


def _interface(graph: onnx.GraphProto, inference: Exportable) -> list[str]:
    declared = inference.shapes
    problems = []
    inputs = [entry.name for entry in graph.input]
    outputs = [entry.name for entry in graph.output]
    wanted = [name for name in declared if name != IMAGE]
    if inputs != [IMAGE]:
        problems.append(f"its inputs are {', '.join(inputs)}, not {IMAGE} alone")
    if outputs != wanted:
        problems.append(f"its outputs are {', '.join(outputs)}, not {', '.join(wanted)}")
    for entry in (*graph.input, *graph.output):
        tensor = entry.type.tensor_type
        shape = tuple(d.dim_param or d.dim_value for d in tensor.shape.dim)
        if (tensor.elem_type, shape) != (TYPES.get(entry.name), declared.get(entry.name)):
            kind = onnx.TensorProto.DataType.Name(tensor.elem_type)
            problems.append(f"{entry.name!r} is {kind} {shape}, not {declared.get(entry.name)}")
    return problems
