"""A network of EfficientNet-Lite0's shape and cost with random weights, as an exported model."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = 3
SIDE = 224
BLOCKS = [
    # expansion, channels, repeats, stride, kernel
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
]


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._random = np.random.default_rng(1)

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"{kind}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, value: np.ndarray | np.generic) -> str:
        name = f"weight{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def convolution(
        self, source: str, fan: int, channels: int, kernel: int, stride: int = 1, group: int = 1
    ) -> str:
        shape = (channels, fan // group, kernel, kernel)
        scale = np.sqrt(2 / np.prod(shape[1:]))
        weight = self.constant(self._random.normal(0, scale, shape).astype(np.float32))
        bias = self.constant(np.zeros(channels, np.float32))
        return self.add(
            "Conv",
            *(source, weight, bias),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            group=group,
            auto_pad="SAME_UPPER",
        )

    def relu6(self, source: str) -> str:
        low, high = (self.constant(np.float32(bound)) for bound in (0, 6))
        return self.add("Clip", source, low, high)


def write_stand_in(path: Path) -> None:
    """Write the model."""
    graph = _Graph()
    pixels = graph.add("Cast", "image", to=TensorProto.FLOAT)
    scaled = graph.add("Div", pixels, graph.constant(np.float32(255)))
    current = graph.add("Transpose", scaled, perm=[0, 3, 1, 2])
    current = graph.relu6(graph.convolution(current, 3, 32, 3, 2))
    fan = 32
    for expansion, channels, repeats, stride, kernel in BLOCKS:
        for repeat in range(repeats):
            wide, start, step = fan * expansion, current, stride if repeat == 0 else 1
            if expansion > 1:
                current = graph.relu6(graph.convolution(current, fan, wide, 1))
            current = graph.relu6(graph.convolution(current, wide, wide, kernel, step, wide))
            current = graph.convolution(current, wide, channels, 1)
            if repeat:
                current = graph.add("Add", start, current)
            fan = channels
    current = graph.relu6(graph.convolution(current, fan, 1280, 1))
    current = graph.add("GlobalAveragePool", current)
    current = graph.add("Flatten", current)
    weight = np.random.default_rng(2).normal(0, 0.03, (1280, CLASSES)).astype(np.float32)
    logits = graph.add("MatMul", current, graph.constant(weight))
    graph.nodes.append(helper.make_node("Softmax", [logits], ["scores"], axis=1))
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "stand_in",
            [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", "H", "W", 3])],
            [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", CLASSES])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    described = {
        "task": "classification",
        "name": "stand_in",
        "class_names": [f"class {index}" for index in range(CLASSES)],
        "single_label": True,
        "input_size": [SIDE, SIDE],
        "thresholds": {"score": 0.5, "attention": None, "reject_band": None},
        "config_sha256": None,
        "versions": {},
        "created": "2026-01-01T00:00:00+00:00",
    }
    for key, value in described.items():
        model.metadata_props.add(key=f"gain.{key}", value=json.dumps(value))
    onnx.save(model, path)
