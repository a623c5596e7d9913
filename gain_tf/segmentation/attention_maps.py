"""Attention of an image at several scales and mirrored, averaged on one grid of cells."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from gain_tf.data.pipeline import resize_image


class Explaining(Protocol):
    """What answers with maps; see `gain_tf.models.classifier.AttentiveClassifier.explain`."""

    def explain(self, images: tf.Tensor, classes: tf.Tensor) -> tuple[Any, Any]:
        """Return scores, and attention (B, k, h, w) in [0, 1]."""
        ...


def averaged_attention(
    model: Explaining,
    images: Sequence[np.ndarray],
    classes: np.ndarray,
    image_size: tuple[int, int],
    cells: tuple[int, int],
    *,
    scales: Sequence[float] = (1.0,),
    flip: bool = False,
) -> np.ndarray:
    """Average the attention of every scale, mirrored or not.

    Each map is divided by its maximum before it is averaged, so that every scale has the same
    voice, and the average is divided by its own.

    Args:
        model: trained.
        images: uint8 RGB, (H, W, 3) each, of any size.
        classes: the classes each image is asked about, integers (B, k).
        image_size: (height, width) that the network was trained at.
        cells: rows and columns of the result; maps are resized to it bilinearly.
        scales: factors of `image_size`.
        flip: whether the mirrored image counts as well.

    Returns:
        float32 (B, k, rows, columns), in [0, 1]: the maximum of each map is 1, but where the
        network attends to nothing it is all zero.
    """
    shape = (*classes.shape, *cells)
    total = np.zeros(shape, np.float32)
    for scale in scales:
        height, width = (max(1, round(side * scale)) for side in image_size)
        size = height, width
        resized = tf.stack([resize_image(tf.constant(image), size) for image in images])
        total += _on_cells(model.explain(resized, tf.constant(classes))[1], cells)
        if flip:
            mirrored = model.explain(resized[:, :, ::-1], tf.constant(classes))[1]
            total += _on_cells(mirrored[..., ::-1], cells)
    most = total.max(axis=(2, 3), keepdims=True)
    return np.divide(total, most, out=np.zeros(shape, np.float32), where=most > 0)


def _on_cells(maps: tf.Tensor, cells: tuple[int, int]) -> np.ndarray:
    """Resize maps (B, k, h, w) bilinearly to the cells."""
    last = tf.transpose(tf.cast(maps, tf.float32), [0, 2, 3, 1])
    resized = tf.image.resize(last, cells, antialias=True)
    return tf.transpose(resized, [0, 3, 1, 2]).numpy()
