"""Splits to batches: tf.data from the order of an epoch to what `GAIN.fit` takes.

An example holds `image` float32 (H, W, 3) in [0, 255], `mask` uint8 (H, W), `has_mask`, `boxes`
float32 (M, 4), `box_labels` int32 (M,) padded with -1, `has_boxes`, and where the split has a
prior `saliency` float32 (H, W) in [0, 1]. Images are resized bilinearly with antialiasing, in
training and wherever the network is used.
"""

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from gain_tf.config import Augmentation
from gain_tf.data.augment import augment
from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import UNKNOWN, Split
from gain_tf.data.decode import UnreadableImageError
from gain_tf.data.schedule import Schedule
from gain_tf.data.shard import ALL, Shard
from gain_tf.data.swap import clear_objects, foreground, swap_background

Example = dict[str, tf.Tensor]

# No condition or loop here depends on a tensor, and AutoGraph would read all of it for a second.
_as_written = tf.autograph.experimental.do_not_convert


def resize_image(image: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """Resize an image: bilinear, antialiased where it shrinks.

    Args:
        image: (H, W, 3) in [0, 255], any type.
        size: (height, width).

    Returns:
        float32 (height, width, 3) in [0, 255].
    """
    return tf.image.resize(tf.cast(image, tf.float32), size, method="bilinear", antialias=True)


def training_batches(
    split: Split,
    schedule: Schedule,
    image_size: tuple[int, int],
    augmentation: Augmentation,
    *,
    epochs: int,
    initial_epoch: int = 0,
    bad_images: BadImages | None = None,
) -> tf.data.Dataset:
    """Stream the batches of an annotated training split, epoch after epoch.

    Args:
        split: within its budget.
        schedule: which images, in which order.
        image_size: (height, width).
        augmentation: how images are changed.
        epochs: the last epoch is `epochs - 1`.
        initial_epoch: the first; the stream goes on as if it had started at 0.
        bad_images: counts images that cannot be read; in the place of one comes the next that
            can be, an annotated one for an annotated one. None raises.

    Returns:
        `(example, labels)` in batches, `schedule.steps` an epoch; in a batch for each replica of a
        worker that is one of several.
    """
    load = _loader(split, image_size, bad_images)

    @_as_written
    def drawn(epoch: tf.Tensor) -> tf.data.Dataset:
        *columns, seeds = tf.numpy_function(
            lambda number: list(schedule.own(int(number)).values()),
            [epoch],
            [tf.int64, tf.int64, tf.bool, tf.int32],
        )
        columns = [tf.ensure_shape(column, [None]) for column in columns]
        seeds = tf.ensure_shape(seeds, [None, 2])
        return tf.data.Dataset.from_tensor_slices((*columns, seeds))

    @_as_written
    def build(
        index: tf.Tensor, partner: tf.Tensor, swap: tf.Tensor, seed: tf.Tensor
    ) -> tuple[Example, tf.Tensor]:
        example, labels = load(index)
        if schedule.background_swap:
            example["image"] = tf.cond(
                swap,
                lambda: _before_another_background(
                    (example, labels), load(partner), cleared=schedule.backgrounds is not None
                ),
                lambda: example["image"],
            )
        example = augment(example, augmentation, seed)
        # Random crops lose the static shape that a compiled step wants.
        example["image"] = tf.ensure_shape(example["image"], [*image_size, 3])
        for layer in {"mask", "saliency"} & example.keys():
            example[layer] = tf.ensure_shape(example[layer], image_size)
        return example, labels

    return (
        tf.data.Dataset.range(initial_epoch, epochs)
        .flat_map(drawn)
        .map(build, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(schedule.prepared, drop_remainder=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def evaluation_batches(
    split: Split,
    image_size: tuple[int, int],
    batch_size: int,
    bad_images: BadImages | None = None,
    worker: Shard = ALL,
) -> tf.data.Dataset:
    """Stream a split once, in its own order, unchanged.

    Args:
        split: any.
        image_size: (height, width).
        batch_size: images in a batch; the last may be smaller.
        bad_images: as in `training_batches`.
        worker: this process among those that share the batches.

    Returns:
        `(example, labels)` in batches.
    """
    load = _loader(split, image_size, bad_images)
    firsts = worker.of(range(0, len(split), batch_size))
    own = [index for first in firsts for index in range(len(split))[first : first + batch_size]]
    return (
        tf.data.Dataset.from_tensor_slices(tf.constant(own, tf.int64))
        .map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
        .batch(batch_size)
        .prefetch(tf.data.AUTOTUNE)
    )


def _loader(
    split: Split, image_size: tuple[int, int], bad_images: BadImages | None
) -> Callable[[tf.Tensor], tuple[Example, tf.Tensor]]:
    """Build the function from an index to an example and its labels."""
    boxes, box_labels = _padded(split)
    columns = {
        "has_mask": tf.constant(split.has_mask),
        "boxes": tf.constant(boxes),
        "box_labels": tf.constant(box_labels),
        "has_boxes": tf.constant(split.has_boxes),
    }
    labels = tf.constant(split.labels)

    has_mask, annotated = split.has_mask, split.has_mask | split.has_boxes
    no_mask, no_map = np.full((1, 1), UNKNOWN, np.uint8), np.zeros((1, 1), np.float32)

    def layers(index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        image = split.pictures.image(index)
        mask = split.pictures.mask(index) if has_mask[index] else no_mask
        return image, mask, no_map if split.saliency is None else split.saliency.map(index)

    def pixels(index: np.ndarray) -> tuple[np.int64, np.ndarray, np.ndarray, np.ndarray]:
        """Return the image that is shown, which is the one asked for if that can be read."""
        if bad_images is None:
            return np.int64(index), *layers(int(index))
        for shown in _in_place_of(int(index), annotated):
            try:
                return np.int64(shown), *layers(shown)
            except (UnreadableImageError, OSError) as error:
                bad_images.add(split.ids[shown], str(error))
        bad_images.none_left()

    @_as_written
    def load(index: tf.Tensor) -> tuple[Example, tf.Tensor]:
        types = [tf.int64, tf.uint8, tf.uint8, tf.float32]
        index, image, mask, prior = tf.numpy_function(pixels, [index], types)
        index = tf.ensure_shape(index, [])
        example = {name: tf.gather(column, index) for name, column in columns.items()}
        image, mask = tf.ensure_shape(image, [None, None, 3]), tf.ensure_shape(mask, [None, None])
        example["image"] = resize_image(image, image_size)
        example["mask"] = tf.image.resize(mask[..., tf.newaxis], image_size, method="nearest")[
            ..., 0
        ]
        if split.saliency is not None:
            prior = tf.ensure_shape(prior, [None, None])[..., tf.newaxis]
            prior = tf.image.resize(prior, image_size, method="bilinear", antialias=True)[..., 0]
            example["saliency"] = tf.clip_by_value(prior, 0, 1)
        return example, tf.gather(labels, index)

    return load


def _before_another_background(
    own: tuple[Example, tf.Tensor], other: tuple[Example, tf.Tensor], *, cleared: bool
) -> tf.Tensor:
    """Swap an example's background for another image, or for what that shows beside its objects."""

    def objects(example: Example, labels: tf.Tensor) -> tf.Tensor:
        return foreground(example["mask"], example["boxes"], example["box_labels"], labels)

    image = other[0]["image"]
    behind = clear_objects(image, objects(*other)) if cleared else image
    return swap_background(own[0]["image"], behind, objects(*own))


def _in_place_of(index: int, annotated: np.ndarray) -> Iterator[int]:
    """List an image, then those that come after it: first the ones annotated as it is."""
    after = (index + np.arange(len(annotated))) % len(annotated)
    alike = annotated[after] == annotated[index]
    yield from (*after[alike].tolist(), *after[~alike].tolist())


def _padded(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Pad the boxes of every image to the same number, at least one."""
    most = max([1, *(len(boxes) for boxes in split.boxes)])
    boxes = np.zeros((len(split), most, 4), np.float32)
    labels = np.full((len(split), most), -1, np.int32)
    for index, (own, own_labels) in enumerate(zip(split.boxes, split.box_labels, strict=True)):
        boxes[index, : len(own)], labels[index, : len(own)] = own, own_labels
    return boxes, labels
