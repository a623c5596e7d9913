"""Cuts a functional network at a layer into features and head, as `Backbone` wants it."""

from __future__ import annotations

import difflib
from typing import Any

import keras

from gain_tf.models.backbone import Backbone, Classify, global_average_head, make_head
from gain_tf.models.preprocess import ChannelNormalisation


def cut(network: keras.Model, target_layer: str | None, classify: Classify) -> Backbone:
    """Makes a backbone of a network of convolutions.

    Args:
        network: functional model, RGB images (B, H, W, 3) in [0, 255] -> features (B, h, w, K),
            with one `ChannelNormalisation` at its front.
        target_layer: name of the layer whose output becomes the features; the layers after it
            go to the head, with their weights and in float32. None: the output of the network.
        classify: builds what follows the network, see `Classify`.

    Raises:
        ValueError: no such layer (nearest names are given), a layer whose output is not
            (B, h, w, K), or one that a skip connection passes by (a layer where the network can
            be cut is given).
    """
    mean_colour = _normalisation(network).mean
    target = None if target_layer is None else _feature_layer(network, target_layer)
    if target is None or target.output is network.output:
        head = make_head(network.output_shape[1:], classify)
        return Backbone(network, head, mean_colour)
    tail = _tail(network, target)
    if tail is None:
        raise ValueError(
            f"{network.name} cannot be cut at {target_layer!r}: other layers carry part of the"
            f" signal past it; the next layer where it can be cut is {_next_cut(network, target)!r}"
        )
    features = keras.Model(network.input, target.output, name=network.name)
    tail_in_float32 = _float32_copy(tail)
    logits = classify(tail_in_float32.output)
    return Backbone(features, keras.Model(tail_in_float32.input, logits, name="head"), mean_colour)


def truncated(backbone: Backbone, target_layer: str, classes: int) -> Backbone:
    """A shorter network: what follows the target layer is dropped, its output pooled.

    Earlier layers have maps of higher resolution, and the shorter network is faster.

    Args:
        backbone: uncut.
        target_layer: name of the layer whose output becomes the features.
        classes: number of logits C.

    Raises:
        ValueError: no such layer; nearest names are given.
    """
    target = _feature_layer(backbone.features, target_layer)
    output: Any = target.output
    features = keras.Model(backbone.features.input, output, name=backbone.features.name)
    head = global_average_head(output.shape[-1], classes)
    return Backbone(features, head, backbone.mean_colour)


def nearest(name: str, names: list[str]) -> str:
    """The names most like a mistyped one, as the end of an error message."""
    close = difflib.get_close_matches(name, names, n=5, cutoff=0.4)
    return f"nearest: {', '.join(close)}" if close else f"there are: {', '.join(names)}"


def _normalisation(network: keras.Model) -> ChannelNormalisation:
    return next(layer for layer in network.layers if isinstance(layer, ChannelNormalisation))


def _has_feature_map(layer: keras.layers.Layer) -> bool:
    output: Any = layer.output
    return (
        not isinstance(layer, (keras.layers.InputLayer, ChannelNormalisation))
        and not isinstance(output, (list, tuple))
        and len(output.shape) == 4
    )


def _feature_layer(network: keras.Model, name: str) -> keras.layers.Layer:
    layers = {layer.name: layer for layer in network.layers if _has_feature_map(layer)}
    if name not in layers:
        raise ValueError(
            f"{network.name} has no layer {name!r} with an output (B, h, w, K);"
            f" {nearest(name, list(layers))}"
        )
    return layers[name]


def _tail(network: keras.Model, layer: keras.layers.Layer) -> keras.Model | None:
    """The layers after `layer`, or None where these see more than its output."""
    try:
        return keras.Model(layer.output, network.output)
    except ValueError:
        return None


def _next_cut(network: keras.Model, layer: keras.layers.Layer) -> str:
    later = network.layers[network.layers.index(layer) + 1 :]
    return next(
        other.name
        for other in later
        if other.output is network.output or (_has_feature_map(other) and _tail(network, other))
    )


def _float32_copy(tail: keras.Model) -> keras.Model:
    def in_float32(layer: keras.Operation) -> keras.Operation:
        # An operation without weights, such as a sum, has the type of what it is given.
        dtype = {"dtype": "float32"} if isinstance(layer, keras.layers.Layer) else {}
        return layer.__class__.from_config({**layer.get_config(), **dtype})

    entry = keras.Input(tail.input_shape[1:], dtype="float32", name="features")
    copy = keras.models.clone_model(tail, input_tensors=entry, clone_function=in_float32)
    copy.set_weights(tail.get_weights())
    return copy
