"""DenseNet-121 (Huang et al. 2017), as in keras.applications."""

from __future__ import annotations

from gain_tf.models.applications import ImageSize, from_applications
from gain_tf.models.backbone import Backbone
from gain_tf.models.weights import Weights


def densenet121(
    classes: int,
    *,
    image_size: ImageSize = None,
    weights: Weights = "auto",
    dropout: float = 0.0,
    target_layer: str | None = None,
) -> Backbone:
    """DenseNet-121 up to its last batch normalisation and ReLU, stride 32, 1,024 channels.

    Args:
        classes: number of logits C.
        image_size: (height, width) in pixels; None: any size.
        weights: see `gain_tf.models.weights.Weights`; "auto" is keras's ImageNet download.
        dropout: share of the pooled features dropped in training.
        target_layer: an earlier layer as features, such as "conv4_block24_concat" (stride 16).

    Returns:
        Features (B, H / 32, W / 32, 1024); the head is global average pooling, Dense.

    Raises:
        ValueError: unknown target layer.
        WeightsUnavailableError: "auto", and the download failed.
    """
    return from_applications(
        "DenseNet121",
        classes,
        target_layer=target_layer,
        image_size=image_size,
        weights=weights,
        dropout=dropout,
    )
