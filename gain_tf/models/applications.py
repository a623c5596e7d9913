"""Any network of keras.applications, by the name of its function, as a backbone."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import keras

from gain_tf.models.backbone import Backbone, pool_and_classify
from gain_tf.models.cut import cut, nearest
from gain_tf.models.preprocess import ChannelNormalisation, ChannelOrder
from gain_tf.models.weights import Weights, initialised

ImageSize = tuple[int, int] | None
Triple = tuple[float, float, float]


class _Normalisation(NamedTuple):
    mean: Triple
    scale: Triple
    channel_order: ChannelOrder = "rgb"


_CAFFE = _Normalisation((123.68, 116.779, 103.939), (1.0, 1.0, 1.0), "bgr")
_TORCH = _Normalisation((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
_TF = _Normalisation((127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
_TF_128 = _Normalisation((128.0, 128.0, 128.0), (128.0, 128.0, 128.0))

# The first pattern that matches the whole name counts. Each family has what its module's
# `preprocess_input` does, or what its own first layers do where it has such layers.
_BY_FAMILY: tuple[tuple[str, _Normalisation], ...] = (
    (r"VGG\d+|ResNet\d+", _CAFFE),
    (r"DenseNet\d+|ConvNeXt\w+|EfficientNetB\d|EfficientNetV2B\d", _TORCH),
    (r"EfficientNetV2[SML]", _TF_128),
    (r"ResNet\d+V2|MobileNet\w*|Inception\w+|Xception|NASNet\w+", _TF),
)
# These choose their padding by whether a map's size is odd or even. Built without a size they pad
# as for odd ones, not as their weights were trained; NASNet does not run at all.
_NEEDS_A_SIZE = r"MobileNetV[23]\w*|EfficientNetB\d|NASNet\w+"
_USUAL_SIZE = (224, 224)


def needs_a_size(name: str) -> bool:
    """Tell whether a network is built for images of one size.

    Args:
        name: of a network of `keras.applications`, or of any other, which takes any size.
    """
    return re.fullmatch(_NEEDS_A_SIZE, name) is not None


def from_applications(
    name: str,
    classes: int,
    *,
    target_layer: str | None = None,
    image_size: ImageSize = None,
    weights: Weights = "auto",
    dropout: float = 0.0,
) -> Backbone:
    """A keras.applications network without its classifier, then global pooling and a Dense layer.

    Args:
        name: of the function, such as "MobileNetV2".
        classes: number of logits C.
        target_layer: layer whose output becomes the features; the layers between it and the
            network's end go into the head. None: the network's last layer.
        image_size: (height, width) in pixels. None: images of any size, except for MobileNetV2
            and V3, EfficientNet B0 to B7 and NASNet, which need a size and get (224, 224).
        weights: see `gain_tf.models.weights.Weights`; "auto" is keras's ImageNet download.
        dropout: share of the pooled features dropped in training.

    Returns:
        A backbone with features (B, h, w, K) of the target layer.

    Raises:
        ValueError: unknown name or layer (the nearest are given), or a layer at which the network
            cannot be cut.
        WeightsUnavailableError: "auto", and the download failed.
    """
    network = application_network(name, image_size, weights)
    return cut(network, target_layer, partial(pool_and_classify, classes=classes, dropout=dropout))


def application_names() -> list[str]:
    """The functions of keras.applications that make a network."""
    return [name for name, _ in inspect.getmembers(keras.applications, inspect.isfunction)]


def normalisation_of(name: str) -> ChannelNormalisation:
    """What the images of a keras.applications network need, as a layer named "normalisation".

    Args:
        name: of the function.

    Raises:
        ValueError: a network of a family that the library does not know.
    """
    for family, normalisation in _BY_FAMILY:
        if re.fullmatch(family, name):
            return ChannelNormalisation(**normalisation._asdict(), name="normalisation")
    raise ValueError(f"the normalisation that keras.applications.{name} needs is not known")


def application_network(
    name: str,
    image_size: ImageSize,
    weights: Weights,
    *,
    last_layer: str | None = None,
    from_package: Callable[[keras.Model], bool] | None = None,
) -> keras.Model:
    """A keras.applications network without its classifier, `ChannelNormalisation` at its front.

    Args:
        name: of the function.
        image_size: as in `from_applications`.
        weights: see `gain_tf.models.weights.Weights`.
        last_layer: where the network ends; None: its last layer.
        from_package: as in `gain_tf.models.weights.initialised`.

    Returns:
        A flat functional model, RGB images (B, H, W, 3) in [0, 255] -> features (B, h, w, K).

    Raises:
        ValueError: unknown name; the nearest ones are given.
        WeightsUnavailableError: see `initialised`.
    """
    names = application_names()
    if name not in names:
        raise ValueError(f"keras.applications has no network {name!r}; {nearest(name, names)}")

    def build(keras_weights: str | None) -> keras.Model:
        return _build(name, image_size, keras_weights, last_layer)

    return initialised(build, weights, name, from_package)


def _build(
    name: str, image_size: ImageSize, keras_weights: str | None, last_layer: str | None
) -> keras.Model:
    function = getattr(keras.applications, name)
    if image_size is None and needs_a_size(name):
        image_size = _USUAL_SIZE
    options: dict[str, Any] = {}
    if "include_preprocessing" in inspect.signature(function).parameters:
        options["include_preprocessing"] = False
    shape = (*(image_size or (None, None)), 3)
    images = keras.Input(shape, dtype="float32", name="images")
    network = function(
        include_top=False,
        weights=keras_weights,
        input_tensor=normalisation_of(name)(images),
        input_shape=shape,
        **options,
    )
    output = network.get_layer(last_layer).output if last_layer else network.output
    network = keras.Model(images, output, name=name.lower())
    # EfficientNet (V1) cannot be built without its own normalisation.
    return _without_normalisation(network) if name.startswith("EfficientNetB") else network


def _without_normalisation(network: keras.Model) -> keras.Model:
    """A copy without Rescaling and Normalization layers (`ChannelNormalisation` does their job)."""
    dropped = (keras.layers.Rescaling, keras.layers.Normalization)

    def skip(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        return args[0] if isinstance(layer, dropped) else layer(*args, **kwargs)

    copy = keras.models.clone_model(network, call_function=skip)
    for layer in copy.layers:
        layer.set_weights(network.get_layer(layer.name).get_weights())
    return copy
