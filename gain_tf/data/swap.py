"""Background swap: an annotated object before another training image's background.

The strongest simple rival of attention guidance: the same few masks and boxes, used to break the
tie between object and background in the images themselves.
"""

import tensorflow as tf

from gain_tf.data.dataset import UNKNOWN


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
        the inside of the boxes; the whole image where a class of it has no box.
    """
    height, width = tf.shape(mask)[0], tf.shape(mask)[1]
    rows = (tf.range(height, dtype=tf.float32) + 0.5) / tf.cast(height, tf.float32)
    columns = (tf.range(width, dtype=tf.float32) + 0.5) / tf.cast(width, tf.float32)
    within_rows = (rows >= boxes[:, 0:1]) & (rows < boxes[:, 2:3])
    within_columns = (columns >= boxes[:, 1:2]) & (columns < boxes[:, 3:4])
    inside = within_rows[:, :, tf.newaxis] & within_columns[:, tf.newaxis, :]
    boxed = tf.reduce_any(inside & (box_labels >= 0)[:, tf.newaxis, tf.newaxis], axis=0)
    boxed_classes = tf.reduce_any(
        box_labels[:, tf.newaxis] == tf.range(tf.shape(labels)[0]), axis=0
    )
    incomplete = tf.reduce_any((labels > 0.5) & ~boxed_classes) & tf.reduce_any(boxed)
    masked = tf.reduce_any((mask > 0) & (mask < UNKNOWN))
    return tf.cond(masked, lambda: mask > 0, lambda: boxed | incomplete)


def swap_background(image: tf.Tensor, other: tf.Tensor, keep: tf.Tensor) -> tf.Tensor:
    """Replace everything but the object by another image.

    Args:
        image: (H, W, 3).
        other: (H, W, 3).
        keep: boolean (H, W), see `foreground`; where it is empty nothing is replaced.

    Returns:
        (H, W, 3).
    """
    keep = keep | ~tf.reduce_any(keep)
    return tf.where(keep[..., tf.newaxis], image, other)
