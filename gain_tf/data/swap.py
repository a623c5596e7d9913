"""Background swap: an annotated object before another training image's background.

The strongest simple rival of attention guidance: the same few masks and boxes, used to break the
tie between object and background in the images themselves. The other image is taken whole, or its
objects are hidden under its background first, as in "Only-BG-T" of Xiao et al., "Noise or Signal:
The Role of Image Backgrounds in Object Recognition", ICLR 2021.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from gain_tf.data.dataset import UNKNOWN, Split


def known_backgrounds(split: Split, unguided_classes: Sequence[int] = ()) -> np.ndarray:
    """Find the images of which it is known where no object is.

    Args:
        split: within its budget.
        unguided_classes: indices of classes without an object.

    Returns:
        Sorted indices of the images whose annotation shows every class of theirs, and of those
        that have no class with an object.
    """
    shown = split.mask_shows | split.boxes_show
    complete = (shown | (split.labels <= 0)).all(axis=1) & shown.any(axis=1)
    return np.flatnonzero(complete | split.without_object(unguided_classes))


def foreground(
    mask: tf.Tensor, boxes: tf.Tensor, box_labels: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
    """Tell which pixels of an image may be object.

    Args:
        mask: uint8 (H, W), 255 where unknown.
        boxes: y0 x0 y1 x1 in [0, 1], (N, 4).
        box_labels: (N,), -1 for padding.
        labels: multi-hot, (C,).

    Returns:
        Boolean (H, W): everything but the mask's background where the mask shows an object, else
        the inside of the boxes; the whole image where these leave out a class of it.
    """
    height, width = tf.shape(mask)[0], tf.shape(mask)[1]
    rows = (tf.range(height, dtype=tf.float32) + 0.5) / tf.cast(height, tf.float32)
    columns = (tf.range(width, dtype=tf.float32) + 0.5) / tf.cast(width, tf.float32)
    within_rows = (rows >= boxes[:, 0:1]) & (rows < boxes[:, 2:3])
    within_columns = (columns >= boxes[:, 1:2]) & (columns < boxes[:, 3:4])
    inside = within_rows[:, :, tf.newaxis] & within_columns[:, tf.newaxis, :]
    boxed = tf.reduce_any(inside & (box_labels >= 0)[:, tf.newaxis, tf.newaxis], axis=0)
    classes = tf.range(tf.shape(labels)[0])
    values = tf.cast(tf.unique(tf.reshape(mask, [-1])).y, tf.int32)
    masked = tf.reduce_any((mask > 0) & (mask < UNKNOWN))
    seen, shown = tf.cond(
        masked,
        lambda: (mask > 0, tf.reduce_any(values[:, tf.newaxis] == classes + 1, axis=0)),
        lambda: (boxed, tf.reduce_any(box_labels[:, tf.newaxis] == classes, axis=0)),
    )
    incomplete = tf.reduce_any((labels > 0.5) & ~shown)
    return seen | (incomplete & tf.reduce_any(seen))


def clear_objects(image: tf.Tensor, objects: tf.Tensor) -> tf.Tensor:
    """Tile an image's background over its objects.

    The largest strip above, below, left or right of the objects' common bounding box is repeated
    over the box, so that not even an outline stays. Where the box leaves no strip it takes the
    mean colour of what is no object; an image that is object everywhere stays as it is.

    Args:
        image: float (H, W, 3).
        objects: boolean (H, W), see `foreground`; where it is empty nothing is hidden.

    Returns:
        (H, W, 3).
    """
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    top, bottom = _extent(tf.reduce_any(objects, axis=1))
    left, right = _extent(tf.reduce_any(objects, axis=0))
    strips = tf.stack(  # first row, first column, height, width
        [
            [0, 0, top, width],
            [bottom, 0, height - bottom, width],
            [0, 0, height, left],
            [0, right, height, width - right],
        ]
    )
    areas = strips[:, 2] * strips[:, 3]
    strip = strips[tf.argmax(areas)]
    rows = strip[0] + (tf.range(height) - top) % tf.maximum(strip[2], 1)
    columns = strip[1] + (tf.range(width) - left) % tf.maximum(strip[3], 1)
    tiled = tf.gather(tf.gather(image, rows, axis=0), columns, axis=1)

    rest = tf.cast(~objects, image.dtype)[..., tf.newaxis]
    colour = tf.math.divide_no_nan(tf.reduce_sum(image * rest, [0, 1]), tf.reduce_sum(rest))
    cover = tf.where(tf.reduce_max(areas) > 0, tiled, colour)

    within_rows = (tf.range(height) >= top) & (tf.range(height) < bottom)
    within_columns = (tf.range(width) >= left) & (tf.range(width) < right)
    hidable = tf.reduce_any(objects) & ~tf.reduce_all(objects)
    box = within_rows[:, tf.newaxis] & within_columns & hidable
    return tf.where(box[..., tf.newaxis], cover, image)


def _extent(occupied: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Find the first and one past the last true entry; all of it where there is none."""
    ends = tf.stack([occupied, occupied[::-1]])
    first, from_behind = tf.unstack(
        tf.argmax(tf.cast(ends, tf.int32), axis=1, output_type=tf.int32)
    )
    return first, tf.size(occupied) - from_behind


def swap_background(image: tf.Tensor, other: tf.Tensor, keep: tf.Tensor) -> tf.Tensor:
    """Replace everything but the object by another image.

    Args:
        image: (H, W, 3).
        other: (H, W, 3), as it is or after `clear_objects`.
        keep: boolean (H, W), see `foreground`; where it is empty nothing is replaced.

    Returns:
        (H, W, 3).
    """
    keep = keep | ~tf.reduce_any(keep)
    return tf.where(keep[..., tf.newaxis], image, other)
