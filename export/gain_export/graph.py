"""What is exported: from pictures of any size to scores and attention, in one function."""

from dataclasses import dataclass
from typing import Any, Protocol

import keras
import tensorflow as tf

from gain_export.adjoint import forward, score_gradient
from gain_export.names import ATTENTION, ATTENTION_CLASS, IMAGE, SCORES
from gain_export.precision import in_float32
from gain_tf.attention.grad_cam import attention_map, channel_weights
from gain_tf.attention.masking import normalise
from gain_tf.data.pipeline import resize_image
from gain_tf.errors import UserError
from gain_tf.models.classifier import AttentiveClassifier

Size = tuple[int, int]
Answer = dict[str, tf.Tensor]


class Exportable(Protocol):
    """What writes a graph wants of a model, whatever its task."""

    @property
    def model(self) -> keras.Model:
        """The model, in float32."""
        ...

    @property
    def image_size(self) -> Size | None:
        """(height, width) that pictures are resized to; None leaves them as they are."""
        ...

    @property
    def shapes(self) -> dict[str, tuple[int | str, ...]]:
        """Shape of the input and of each output, by name and in order; free axes by a name."""
        ...

    @property
    def dense_kernels(self) -> list[Any]:
        """Kernels of the dense layers, which can be too large for the converter."""
        ...

    def __call__(self, image: tf.Tensor) -> Answer:
        """Answer pictures uint8 (N, H, W, 3)."""
        ...


@dataclass(frozen=True)
class Inference:
    """A model as it is exported.

    Attributes:
        model: in float32.
        image_size: (height, width) that pictures are resized to; None leaves them as they are.
        top: for how many of the best classes there is attention, k; 0 for none.
    """

    model: AttentiveClassifier
    image_size: Size | None
    top: int

    @property
    def shapes(self) -> dict[str, tuple[int | str, ...]]:
        """Shape of the input and of each output, by name and in order; free axes by a name."""
        side = self.image_size or (None, None)
        _, height, width, _ = self.model.features.compute_output_shape((None, *side, 3))
        outputs: dict[str, tuple[int | str, ...]] = {
            IMAGE: ("N", "H", "W", 3),
            SCORES: ("N", self.model.classes),
        }
        if self.top:
            outputs[ATTENTION] = ("N", self.top, height or "h", width or "w")
            outputs[ATTENTION_CLASS] = ("N", self.top)
        return outputs

    @property
    def dense_kernels(self) -> list[Any]:
        """Kernels of the head's dense layers."""
        return [
            layer.kernel
            for layer in self.model.head._flatten_layers()
            if isinstance(layer, keras.layers.Dense)
        ]

    def __call__(self, image: tf.Tensor) -> Answer:
        """Answer pictures.

        Args:
            image: uint8 (N, H, W, 3).

        Returns:
            `scores` float32 (N, C); unless `top` is 0 `attention` float32 (N, k, h, w) in [0, 1]
            of the k best classes, and `attention_class` int64 (N, k).
        """
        model = self.model
        images = tf.cast(image, tf.float32)
        if self.image_size is not None:
            images = tf.ensure_shape(
                resize_image(images, self.image_size), [None, *self.image_size, 3]
            )
        features = model.features_of(model.images_of(images), training=False)
        logits, steps = forward(model.head, features)
        scores = model.probabilities(logits)
        if not self.top:
            return {SCORES: tf.identity(scores, SCORES)}
        best = tf.cast(tf.math.top_k(scores, self.top).indices, tf.int64)
        # Under this name the choice of the classes is found again, to ask about others.
        best = tf.identity(best, ATTENTION_CLASS)
        weights = channel_weights(score_gradient(features, logits, steps, best))
        repeated = features if self.top == 1 else tf.repeat(features, self.top, axis=0)
        maps = normalise(attention_map(repeated, weights))
        height, width = tf.unstack(tf.shape(maps)[1:])
        return {
            SCORES: tf.identity(scores, SCORES),
            ATTENTION: tf.identity(tf.reshape(maps, [-1, self.top, height, width]), ATTENTION),
            ATTENTION_CLASS: best,
        }


def inference_of(
    model: AttentiveClassifier, image_size: Size | None, *, top: int = 1, attention: bool = True
) -> Inference:
    """Prepare a model for export.

    Args:
        model: trained, of any precision.
        image_size: (height, width) that pictures are resized to, as in training; None for the
            fixed size of the network's input, or, where it takes any, for no resizing at all.
        top: for how many of the best classes attention is asked.
        attention: whether the map is exported.

    Raises:
        UserError: the model has fewer classes than are asked for, or cannot take that size, or
            takes other images than RGB.
    """
    channels = model.features.input_shape[-1]
    if channels not in (None, 3):
        raise UserError(
            f"only a network of RGB images can be exported, not one of {channels} channels"
        )
    own = model.features.input_shape[1:3]
    fixed = None if None in own else own
    if image_size is not None and fixed is not None and tuple(image_size) != tuple(fixed):
        raise UserError(
            f"the network takes images of {fixed[0]} x {fixed[1]} alone, not of "
            f"{image_size[0]} x {image_size[1]}"
        )
    if not 1 <= top <= model.classes:
        raise UserError(f"attention for the best {top} of {model.classes} classes cannot be had")
    return Inference(in_float32(model), image_size or fixed, top if attention else 0)
