"""Networks by name, for configurations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gain_tf.models.applications import (
    ImageSize,
    application_names,
    from_applications,
    needs_a_size,
)
from gain_tf.models.backbone import Backbone
from gain_tf.models.cut import nearest, truncated
from gain_tf.models.densenet121 import densenet121
from gain_tf.models.efficientnet_lite0 import efficientnet_lite0
from gain_tf.models.resnet import resnet50, resnet101
from gain_tf.models.small_cnn import small_cnn
from gain_tf.models.vgg16 import vgg16
from gain_tf.models.weights import Weights

BACKBONES: Mapping[str, Callable[..., Backbone]] = {
    "vgg16": vgg16,
    "resnet50": resnet50,
    "resnet101": resnet101,
    "densenet121": densenet121,
    "efficientnet_lite0": efficientnet_lite0,
    "small_cnn": small_cnn,
}
"""The library's own networks: `classes`, then `image_size`, `weights`, `target_layer` by name."""

HEADS = ("auto", "gap", "fc", "max", "truncate")
"""What `head` may be."""
HEADS_OF = {"vgg16": ("fc", "gap"), "small_cnn": ("fc", "gap", "max")}
"""Networks that have other heads than "gap" alone, the usual one first."""


def fixes_the_size(name: str, head: str) -> bool:
    """Tell whether a network with that head is built for images of one size.

    Args:
        name: of the network.
        head: see `build_backbone`.
    """
    usual = HEADS_OF.get(name, ("gap",))[0]
    return (usual if head == "auto" else head) == "fc" or needs_a_size(name)


def build_backbone(
    name: str,
    classes: int,
    *,
    head: str = "auto",
    target_layer: str | None = None,
    image_size: ImageSize = None,
    weights: Weights = "auto",
    output_stride: int | None = None,
) -> Backbone:
    """A network by its name.

    Args:
        name: a key of `BACKBONES`, or the name of a keras.applications function.
        classes: number of logits C.
        head: "gap" (global average pooling, Dense), "truncate" (the same, straight on the target
            layer), of vgg16 and small_cnn "fc" (hidden Dense layers), of small_cnn "max" (global
            max-pool, Dense), or "auto": the first of `HEADS_OF`.
        target_layer: layer whose output becomes the features; what follows it goes into the head,
            or is dropped with "truncate". None: the last convolutional layer.
        image_size: (height, width) in pixels. None: any size, or 224 x 224 with head "fc".
        weights: None (random), "auto" (ImageNet), or the path of a file, see
            `gain_tf.models.weights.load_file`.
        output_stride: pixels of the image to a cell of the map, for a network that lets one choose
            (efficientnet_lite0); None for its own.

    Raises:
        ValueError: unknown name, head or target layer; the nearest right ones are given.
        WeightsUnavailableError: "auto", and there is neither a download nor a package.
    """
    if head not in HEADS:
        raise ValueError(f"head must be one of {', '.join(HEADS)}, got {head!r}")
    own_heads = HEADS_OF.get(name, ("gap",))
    if head not in ("auto", "truncate", *own_heads):
        raise ValueError(f"{name} has no head {head!r}; it has {', '.join(own_heads)}")
    options: dict[str, Any] = {
        "target_layer": target_layer,
        "image_size": image_size,
        "weights": weights,
    }
    if head == "truncate":
        if target_layer is None:
            raise ValueError("head 'truncate' needs a target_layer to end the network at")
        whole = build_backbone(
            name,
            classes,
            head="gap",
            image_size=image_size,
            weights=weights,
            output_stride=output_stride,
        )
        return truncated(whole, target_layer, classes)
    if output_stride is not None:
        if name != "efficientnet_lite0":
            raise ValueError(f"output_stride belongs to efficientnet_lite0; {name} has a fixed one")
        options["output_stride"] = output_stride
    if name in BACKBONES:
        if name in HEADS_OF and head != "auto":
            options["head"] = head
        return BACKBONES[name](classes, **options)
    names = application_names()
    if name not in names:
        raise ValueError(f"no network {name!r}; {nearest(name, [*BACKBONES, *names])}")
    return from_applications(name, classes, **options)
