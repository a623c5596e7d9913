"""Tiny models in the exporter's format: a few nodes, any image size."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17


def metadata(classes=3, **overrides):
    """The metadata of a model; overrides by name without `gain.`, `...` leaves one out."""
    values = {
        "task": "classification",
        "name": "tiny",
        "class_names": [f"class {index}" for index in range(classes)],
        "single_label": True,
        "input_size": [8, 8],
        "thresholds": {"score": 0.5, "attention": None, "reject_band": None},
        "config_sha256": "0" * 64,
        "versions": {"gain_tf": "0"},
        "created": "2026-01-01T00:00:00+00:00",
        **overrides,
    }
    return {f"gain.{name}": json.dumps(value) for name, value in values.items() if value is not ...}


def write_model(
    path,
    classes=3,
    *,
    attention=True,
    class_map=False,
    probabilities=False,
    bias=None,
    multiple=False,
    **overrides,
):
    """Write a model whose answers can be worked out by hand.

    With m = (red, green, blue) the mean of an image in [0, 1], class c has the logit
    m[c % 3] + bias[c]; scores are their softmax (sigmoid if `multiple`). The attention map is the
    red channel in [0, 1], average-pooled to 2 x 2 windows, for the class of the best score.

    Args:
        path: of the ONNX file; folders are made.
        classes: how many.
        attention: False leaves the two outputs out.
        class_map: a segmenter, whose map is 1 where the red channel is at its most, 0 elsewhere.
        probabilities: of a segmenter of three classes: the softmax of 0 and four times the red,
            green and blue channels in [0, 1], each average-pooled to 4 x 4 windows.
        bias: a number a class, 0 if None.
        multiple: labels an image, sigmoid instead of softmax.
        **overrides: of the metadata, see `metadata`.

    Returns:
        The path.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    weight = np.zeros((3, classes), np.float32)
    weight[np.arange(classes) % 3, np.arange(classes)] = 1
    constants = {
        "scale": np.float32(255),
        "weight": weight,
        "bias": np.zeros(classes, np.float32) if bias is None else np.float32(bias),
        "zero": np.array([0]),
        "one": np.array([1]),
        "last": np.array([3]),
    }
    activation = ("Sigmoid", {}) if multiple else ("Softmax", {"axis": 1})
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["float", "scale"], ["share"]),
        helper.make_node("ReduceMean", ["share"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("MatMul", ["mean", "weight"], ["product"]),
        helper.make_node("Add", ["product", "bias"], ["logits"]),
        helper.make_node(activation[0], ["logits"], ["scores"], **activation[1]),
    ]
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", classes])]
    if attention:
        nodes += [
            helper.make_node("Transpose", ["share"], ["planes"], perm=[0, 3, 1, 2]),
            helper.make_node("Slice", ["planes", "zero", "one", "one"], ["red"]),
            helper.make_node(
                "AveragePool",
                ["red"],
                ["attention"],
                kernel_shape=[2, 2],
                strides=[2, 2],
                auto_pad="SAME_UPPER",
                count_include_pad=0,
            ),
            helper.make_node("ArgMax", ["scores"], ["attention_class"], axis=1, keepdims=1),
        ]
        outputs += [
            helper.make_tensor_value_info("attention", TensorProto.FLOAT, ["N", 1, "h", "w"]),
            helper.make_tensor_value_info("attention_class", TensorProto.INT64, ["N", 1]),
        ]
    if class_map:
        nodes += [
            helper.make_node("Slice", ["share", "zero", "one", "last"], ["reds"]),
            helper.make_node("Squeeze", ["reds", "last"], ["plane"]),
            helper.make_node("Cast", ["plane"], ["class_map"], to=TensorProto.UINT8),
        ]
        outputs.append(
            helper.make_tensor_value_info("class_map", TensorProto.UINT8, ["N", "H", "W"])
        )
        overrides.setdefault("task", "segmentation")
    if probabilities:
        constants |= {"four": np.float32(4), "pads": np.array([0, 1, 0, 0, 0, 0, 0, 0])}
        same = {"kernel_shape": [4, 4], "strides": [4, 4], "auto_pad": "SAME_UPPER"}
        nodes += [
            helper.make_node("Transpose", ["share"], ["colours"], perm=[0, 3, 1, 2]),
            helper.make_node("AveragePool", ["colours"], ["pooled"], **same),
            helper.make_node("Mul", ["pooled", "four"], ["strong"]),
            helper.make_node("Pad", ["strong", "pads"], ["cells"]),
            helper.make_node("Softmax", ["cells"], ["upright"], axis=1),
            helper.make_node("Transpose", ["upright"], ["probabilities"], perm=[0, 2, 3, 1]),
        ]
        shape = ["N", "h", "w", classes + 1]
        outputs.append(helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, shape))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", "H", "W", 3])],
        outputs,
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    overrides.setdefault("single_label", not multiple)
    for key, text in metadata(classes, **overrides).items():
        model.metadata_props.add(key=key, value=text)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path
