"""What the training code itself answers: the side that an exported file is compared with."""

from collections.abc import Iterable, Iterator

import numpy as np
import tensorflow as tf

from gain_export.answers import Answers
from gain_export.graph import Exportable, Inference
from gain_tf.data.dataset import Split
from gain_tf.data.pipeline import evaluation_batches, resize_image

BATCH = 16


def split_batches(split: Split, inference: Exportable) -> Iterator[tf.Tensor]:
    """Stream the images of a split as `evaluate` does.

    Args:
        split: of the run's data.
        inference: with a fixed image size.
    """
    if inference.image_size is None:
        raise ValueError("images of a split are compared at a fixed size")
    for example, _ in evaluation_batches(split, inference.image_size, BATCH):
        yield example["image"]


def picture_batches(pictures: Iterable[np.ndarray], inference: Exportable) -> Iterator[tf.Tensor]:
    """Stream pictures of any size, one by one, resized as the input pipeline resizes.

    Args:
        pictures: uint8 RGB (H, W, 3) each.
        inference: says to which size.
    """
    for picture in pictures:
        image = tf.cast(picture, tf.float32)
        if inference.image_size is not None:
            image = resize_image(image, inference.image_size)
        yield image[tf.newaxis]


def reference_answers(
    inference: Inference, batches: Iterable[tf.Tensor], classes: np.ndarray | None
) -> Answers:
    """Ask the model as it was trained, in float32.

    Args:
        inference: what is exported.
        batches: images (B, H, W, 3) in the order of the pictures.
        classes: whose maps are compared, (N, k); None without attention.
    """
    scores, maps, start = [], [], 0
    for images in batches:
        stop = start + len(images)
        asked = np.zeros((len(images), 1)) if classes is None else classes[start:stop]
        batch_scores, batch_maps = inference.model.explain(images, tf.constant(asked, tf.int32))
        scores.append(batch_scores.numpy())
        maps.append(batch_maps.numpy())
        start = stop
    attention = None if classes is None else [each for batch in maps for each in batch]
    return Answers(np.concatenate(scores), attention, classes)
