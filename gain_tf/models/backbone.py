"""What every network of the library is: convolutional features, and a head on top of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

Classify = Callable[[Any], Any]
"""Builds the layers that take a symbolic feature tensor (B, h, w, K) to logits (B, C)."""


@dataclass(frozen=True)
class Backbone:
    """A classifier cut in two, which is what differentiating scores by features needs.

    `head(features(images))` is the classifier. Both parts are functional Keras models.

    Attributes:
        features: RGB images (B, H, W, 3) in [0, 255] -> features (B, h, w, K) of the layer whose
            attention is looked at; the normalisation of the images is inside. Computes in the
            global dtype policy that was set when it was built.
        head: features -> logits (B, C), always float32, without a final activation.
        mean_colour: RGB in [0, 255], the colour that is zero after normalisation.
    """

    features: keras.Model
    head: keras.Model
    mean_colour: tuple[float, float, float]


def pool_and_classify(features: Any, classes: int, dropout: float = 0.0) -> Any:
    """Global average pooling, dropout (when not zero) and one dense layer, all in float32.

    Args:
        features: symbolic tensor (B, h, w, K).
        classes: number of logits C.
        dropout: share of the pooled features that is dropped in training, in [0, 1).

    Returns:
        Symbolic logits (B, C); the dense layer is named "logits".
    """
    x = keras.layers.GlobalAveragePooling2D(dtype="float32", name="average_pool")(features)
    if dropout > 0:
        x = keras.layers.Dropout(dropout, dtype="float32", name="dropout")(x)
    return keras.layers.Dense(classes, dtype="float32", name="logits")(x)


def make_head(feature_shape: tuple[int | None, ...], classify: Classify) -> keras.Model:
    """A head model of its own from a function that builds its layers.

    Args:
        feature_shape: (h, w, K) without the batch; h and w may be None.
        classify: builds the layers, see `Classify`.
    """
    # float32 whatever the policy: features of a float16 network are cast on entry.
    features = keras.Input(feature_shape, dtype="float32", name="features")
    return keras.Model(features, classify(features), name="head")


def global_average_head(channels: int, classes: int, dropout: float = 0.0) -> keras.Model:
    """The head of a class activation map: features (B, h, w, K) of any h, w -> logits (B, C).

    Args:
        channels: K.
        classes: C.
        dropout: share of the pooled features that is dropped in training, in [0, 1).
    """
    classify = partial(pool_and_classify, classes=classes, dropout=dropout)
    return make_head((None, None, channels), classify)
