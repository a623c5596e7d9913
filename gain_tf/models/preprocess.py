"""Normalisation of RGB images as a layer, so that every network of the library eats [0, 255]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

import keras
from keras import ops

ChannelOrder = Literal["rgb", "bgr"]
Triple = tuple[float, float, float]


@keras.saving.register_keras_serializable("gain_tf")
class ChannelNormalisation(keras.layers.Layer):
    """`(x - mean) / scale` per channel, optionally followed by a swap to BGR.

    Mean and scale are plain Python numbers rather than weights: a Keras `Normalization` layer
    keeps them as variables, which an ONNX export turns into required graph inputs.

    Call arguments:
        images: RGB images (B, H, W, 3) in [0, 255], of any integer or float type.

    Returns:
        (B, H, W, 3) in the layer's compute dtype. The arithmetic is done in float32.

    Args:
        mean: what is subtracted, in RGB order, in grey levels of [0, 255].
        scale: what the difference is divided by, in RGB order, in grey levels.
        channel_order: order of the channels of the *output*; "bgr" is what networks converted
            from Caffe (VGG, ResNet v1) were trained on.

    Raises:
        ValueError: mean or scale is not three numbers, a scale is not positive, or the channel
            order is unknown.
    """

    def __init__(
        self,
        mean: Sequence[float],
        scale: Sequence[float] = (1.0, 1.0, 1.0),
        channel_order: ChannelOrder = "rgb",
        **kwargs: Any,
    ) -> None:
        # Keras would cast the images to the compute dtype before `call`; bfloat16 cannot tell
        # 254 from 255.
        kwargs["autocast"] = False
        super().__init__(**kwargs)
        self.mean: Triple = _triple(mean, "mean")
        self.scale: Triple = _triple(scale, "scale")
        if min(self.scale) <= 0:
            raise ValueError(f"scale must be positive, got {self.scale}")
        if channel_order not in get_args(ChannelOrder):
            raise ValueError(f"channel_order must be 'rgb' or 'bgr', got {channel_order!r}")
        self.channel_order: ChannelOrder = channel_order

    def call(self, images: Any) -> Any:
        """Normalises RGB images (B, H, W, 3) in [0, 255]."""
        x: Any = ops.cast(images, "float32")
        x = (x - self.mean) / self.scale
        if self.channel_order == "bgr":
            # Slices and a concatenation: a reversal of the last axis becomes a chain of
            # transposes in ONNX.
            channels: Any = ops.split(x, 3, axis=-1)
            x = ops.concatenate(channels[::-1], axis=-1)
        return ops.cast(x, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """The shape of the images."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The constructor arguments."""
        return {
            **super().get_config(),
            "mean": self.mean,
            "scale": self.scale,
            "channel_order": self.channel_order,
        }


def _triple(values: Sequence[float], name: str) -> Triple:
    numbers = tuple(float(value) for value in values)
    if len(numbers) != 3:
        raise ValueError(f"{name} needs one number per channel (R, G, B), got {numbers}")
    return numbers
