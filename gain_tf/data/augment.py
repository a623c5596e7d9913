"""Random changes of one training example: image, mask, saliency and boxes move together."""

import tensorflow as tf

from gain_tf.config import Augmentation
from gain_tf.data.dataset import UNKNOWN

Example = dict[str, tf.Tensor]

VISIBLE = 0.25
"""A box of which less than this share is left in the crop is dropped."""


def augment(example: Example, settings: Augmentation, seed: tf.Tensor) -> Example:
    """Change one example at random.

    Args:
        example: `image` float32 (H, W, 3) in [0, 255], `mask` uint8 (H, W), `boxes` (N, 4) in
            [0, 1], `box_labels` (N,), -1 for padding, optionally `saliency` float32 (H, W); other
            keys are handed on.
        settings: how much.
        seed: int32 (2,): the same seed changes the same way.

    Returns:
        The example, same shapes.
    """
    seeds = tf.random.split(seed, 4)
    if settings.crop < 1:
        example = crop(example, _random_window(settings.crop, seeds[0]))
    for axis, wanted in enumerate((settings.flip_vertical, settings.flip_horizontal)):
        if wanted:
            heads = tf.random.stateless_uniform([], seeds[1 + axis]) < 0.5
            example = tf.cond(
                heads, lambda e=example, a=axis: flip(e, a), lambda e=example: dict(e)
            )
    return {**example, "image": _recoloured(example["image"], settings, seeds[3])}


def _random_window(smallest: float, seed: tf.Tensor) -> tf.Tensor:
    """Draw a window y0 x0 y1 x1 in [0, 1] of random size and place."""
    size_seed, place_seed = tf.unstack(tf.random.split(seed))
    side = tf.random.stateless_uniform([], size_seed, smallest, 1.0)
    corner = tf.random.stateless_uniform([2], place_seed) * (1 - side)
    return tf.concat([corner, corner + side], axis=0)


def crop(example: Example, window: tf.Tensor) -> Example:
    """Cut a window out and enlarge it to the size of the image.

    Args:
        example: see `augment`.
        window: y0 x0 y1 x1 in [0, 1].

    Returns:
        The example; boxes that are mostly outside become padding.
    """
    image, mask = example["image"], example["mask"]
    size = tf.shape(image)[:2]
    image = tf.image.crop_and_resize(image[tf.newaxis], window[tf.newaxis], [0], size)[0]
    layer = tf.cast(mask, tf.float32)[tf.newaxis, ..., tf.newaxis]
    layer = tf.image.crop_and_resize(
        layer, window[tf.newaxis], [0], size, method="nearest", extrapolation_value=UNKNOWN
    )[0, ..., 0]
    if "saliency" in example:
        prior = example["saliency"][tf.newaxis, ..., tf.newaxis]
        prior = tf.image.crop_and_resize(prior, window[tf.newaxis], [0], size)[0, ..., 0]
        example = {**example, "saliency": prior}
    origin, side = tf.tile(window[:2], [2]), tf.tile(window[2:] - window[:2], [2])
    moved = (example["boxes"] - origin) / side
    boxes = tf.clip_by_value(moved, 0, 1)
    left = _area(boxes) >= VISIBLE * _area(moved)
    return {
        **example,
        "image": image,
        "mask": tf.cast(layer, tf.uint8),
        "boxes": boxes,
        "box_labels": tf.where(left, example["box_labels"], -1),
    }


def flip(example: Example, axis: int) -> Example:
    """Mirror an example top to bottom (axis 0) or left to right (axis 1)."""
    low, high = axis, axis + 2
    boxes = tf.unstack(tf.ensure_shape(example["boxes"], [None, 4]), axis=1)
    boxes[low], boxes[high] = 1 - boxes[high], 1 - boxes[low]
    layers = {"image", "mask", "saliency"} & example.keys()
    return {
        **example,
        **{name: tf.reverse(example[name], [axis]) for name in layers},
        "boxes": tf.stack(boxes, axis=1),
    }


def _area(boxes: tf.Tensor) -> tf.Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _recoloured(image: tf.Tensor, settings: Augmentation, seed: tf.Tensor) -> tf.Tensor:
    """Change brightness, contrast and saturation; (H, W, 3) in [0, 255]."""
    if not (settings.brightness or settings.contrast or settings.saturation):
        return image
    brightness, contrast, saturation = tf.unstack(tf.random.stateless_uniform([3], seed, -1, 1))
    grey = tf.reduce_mean(image, axis=2, keepdims=True)
    image = grey + (image - grey) * (1 + settings.saturation * saturation)
    mean = tf.reduce_mean(image)
    image = mean + (image - mean) * (1 + settings.contrast * contrast)
    return tf.clip_by_value(image * (1 + settings.brightness * brightness), 0, 255)
