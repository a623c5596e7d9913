"""ResNet-50 and ResNet-101 (He et al. 2016), version 1, as in keras.applications."""

from __future__ import annotations

from gain_tf.models.applications import ImageSize, from_applications
from gain_tf.models.backbone import Backbone
from gain_tf.models.weights import Weights


def resnet50(
    classes: int,
    *,
    image_size: ImageSize = None,
    weights: Weights = "auto",
    dropout: float = 0.0,
    target_layer: str | None = None,
) -> Backbone:
    """ResNet-50 up to conv5_block3_out (its ReLU included), stride 32, 2,048 channels.

    Args:
        classes: number of logits C.
        image_size: (height, width) in pixels; None: any size.
        weights: see `gain_tf.models.weights.Weights`; "auto" is keras's ImageNet download.
        dropout: share of the pooled features dropped in training.
        target_layer: an earlier layer as features, such as "conv4_block6_out" (stride 16).

    Returns:
        Features (B, H / 32, W / 32, 2048), rounded up; the head is global average pooling, Dense.

    Raises:
        ValueError: unknown target layer.
        WeightsUnavailableError: "auto", and the download failed.
    """
    return from_applications(
        "ResNet50",
        classes,
        target_layer=target_layer,
        image_size=image_size,
        weights=weights,
        dropout=dropout,
    )


def resnet101(
    classes: int,
    *,
    image_size: ImageSize = None,
    weights: Weights = "auto",
    dropout: float = 0.0,
    target_layer: str | None = None,
) -> Backbone:
    """ResNet-101 up to conv5_block3_out; everything as for `resnet50`.

    The stride-16 layer is "conv4_block23_out".
    """
    return from_applications(
        "ResNet101",
        classes,
        target_layer=target_layer,
        image_size=image_size,
        weights=weights,
        dropout=dropout,
    )
