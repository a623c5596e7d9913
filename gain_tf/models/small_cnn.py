"""A small network of three convolutions, to be trained from nothing on small pictures."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import keras

from gain_tf.models.applications import ImageSize
from gain_tf.models.backbone import Backbone, pool_and_classify
from gain_tf.models.cut import cut
from gain_tf.models.preprocess import ChannelNormalisation
from gain_tf.models.weights import Weights, load_file

_CHANNELS = (32, 64, 64)
_HIDDEN = 128
_SCALE = (255.0, 255.0, 255.0)


def small_cnn(
    classes: int,
    *,
    head: Literal["fc", "gap", "max"] = "fc",
    image_size: ImageSize = None,
    weights: Weights = None,
    target_layer: str | None = None,
) -> Backbone:
    """Convolution, convolution, 2 x 2 max-pool, convolution; each 3 x 3 with ReLU.

    Args:
        classes: number of logits C.
        head: "fc" is 2 x 2 max-pool, flatten, a Dense layer of 128 with ReLU, Dense; "gap" is
            global average pooling and Dense; "max" is global max-pool and Dense, which sees the
            strongest cell of each channel alone.
        image_size: (height, width) in pixels. None: (28, 28) with "fc", which needs a fixed size;
            any size with the others.
        weights: None or a file, see `gain_tf.models.weights.load_file`; none are pretrained.
        target_layer: an earlier layer as features, such as "convolution_2".

    Returns:
        Features (B, H / 2, W / 2, 64), rounded down; black is zero.

    Raises:
        ValueError: unknown head or target layer; pretrained weights are asked for.
    """
    if head not in _HEADS:
        raise ValueError(f"the head of small_cnn is {', '.join(_HEADS)}, got {head!r}")
    if weights == "auto":
        raise ValueError("small_cnn has no pretrained weights: weights must be null or a file")
    if head == "fc":
        image_size = image_size or (28, 28)
    network = _network(image_size)
    if weights is not None:
        load_file(network, weights)
    return cut(network, target_layer, partial(_HEADS[head], classes=classes))


def _network(image_size: ImageSize) -> keras.Model:
    layers = keras.layers
    images = keras.Input((*(image_size or (None, None)), 3), dtype="float32", name="images")
    x: Any = ChannelNormalisation((0.0, 0.0, 0.0), _SCALE, name="normalisation")(images)
    for number, channels in enumerate(_CHANNELS, start=1):
        x = layers.Conv2D(
            channels, 3, padding="same", activation="relu", name=f"convolution_{number}"
        )(x)
        if number == 2:
            x = layers.MaxPooling2D(2, name="pool_2")(x)
    return keras.Model(images, x, name="small_cnn")


def _fully_connected(features: Any, classes: int) -> Any:
    layers = keras.layers
    x = layers.MaxPooling2D(2, dtype="float32", name="pool_3")(features)
    x = layers.Flatten(dtype="float32", name="flatten")(x)
    x = layers.Dense(_HIDDEN, activation="relu", dtype="float32", name="hidden")(x)
    return layers.Dense(classes, dtype="float32", name="logits")(x)


def _max_pooled(features: Any, classes: int) -> Any:
    x = keras.layers.GlobalMaxPooling2D(dtype="float32", name="max_pool")(features)
    return keras.layers.Dense(classes, dtype="float32", name="logits")(x)


_HEADS = {"fc": _fully_connected, "gap": pool_and_classify, "max": _max_pooled}
