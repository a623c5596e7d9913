"""A segmenter as it is exported: from pictures of any size to the class of every pixel."""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from gain_export.graph import Answer, Size
from gain_export.names import CLASS_MAP, IMAGE, PROBABILITIES, SCORES
from gain_export.precision import in_float32
from gain_tf.data.pipeline import resize_image
from gain_tf.models.segmenter import WeakSegmenter


@dataclass(frozen=True)
class SegmenterInference:
    """A segmenter as it is exported: one scale, no mirrored image, no CRF.

    Attributes:
        model: in float32.
        image_size: (height, width) that pictures are resized to; None leaves them as they are.
    """

    model: WeakSegmenter
    image_size: Size | None

    @property
    def shapes(self) -> dict[str, tuple[int | str, ...]]:
        """Shape of the input and of each output, by name and in order; free axes by a name."""
        side = self.image_size or (None, None)
        _, height, width, _ = self.model.network.compute_output_shape((None, *side, 3))
        return {
            IMAGE: ("N", "H", "W", 3),
            CLASS_MAP: ("N", "H", "W"),
            SCORES: ("N", self.model.classes),
            PROBABILITIES: ("N", height or "h", width or "w", self.model.classes + 1),
        }

    @property
    def dense_kernels(self) -> list[Any]:
        """Kernels of the dense layers: a segmenter is made of convolutions."""
        return []

    def __call__(self, image: tf.Tensor) -> Answer:
        """Answer pictures.

        Args:
            image: uint8 (N, H, W, 3).

        Returns:
            `class_map` uint8 (N, H, W), class index + 1, 0 background; `scores` float32 (N, C),
            see `WeakSegmenter.image_scores`; `probabilities` float32 (N, h, w, C + 1) of the cells,
            background first, which a dense CRF starts from.
        """
        images = tf.cast(image, tf.float32)
        if self.image_size is not None:
            images = tf.ensure_shape(
                resize_image(images, self.image_size), [None, *self.image_size, 3]
            )
        logits = self.model.logits(images, training=False)
        probabilities = tf.nn.softmax(logits)
        large = tf.image.resize(probabilities, tf.shape(image)[1:3])
        classes = tf.cast(tf.argmax(large, axis=-1), tf.uint8)
        return {
            CLASS_MAP: tf.identity(classes, CLASS_MAP),
            SCORES: tf.identity(self.model.image_scores(logits), SCORES),
            PROBABILITIES: tf.identity(probabilities, PROBABILITIES),
        }


def segmenter_inference_of(model: WeakSegmenter, image_size: Size | None) -> SegmenterInference:
    """Prepare a segmenter for export.

    Args:
        model: trained, of any precision.
        image_size: (height, width) that pictures are resized to, as in training; None for the
            fixed size of the network's input, or, where it takes any, for no resizing at all.
    """
    own = model.network.input_shape[1:3]
    return SegmenterInference(in_float32(model), image_size or (None if None in own else own))
