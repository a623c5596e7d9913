"""Labels in any of their forms, as the multi-hot rows that the formulas want."""

from collections.abc import Collection
from typing import Any

import tensorflow as tf


def multi_hot(labels: Any, classes: int) -> tf.Tensor:
    """Bring labels into one form.

    Args:
        labels: multi-hot or one-hot (B, C), or class indices (B,) or (B, 1). With a single class
            labels (B,) say whether the image has it.
        classes: C.

    Returns:
        float32 (B, C).

    Raises:
        ValueError: labels are rows of another number of classes, or of no known rank.
        tf.errors.InvalidArgumentError: a class index is negative, C or more, or rows whose length
            only the step knows are of another number of classes. XLA does not look.
    """
    labels = tf.convert_to_tensor(labels)
    if classes == 1:
        return tf.cast(tf.reshape(labels, [-1, 1]), tf.float32)
    if labels.shape.rank == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape.rank == 1:
        indices = tf.cast(labels, tf.int32)
        # `one_hot` makes them a row of zeros: counted from 1, the last class would never be seen.
        fits = tf.reduce_all((indices >= 0) & (indices < classes))
        said = f"labels must be class indices of 0 to {classes - 1}"
        with tf.control_dependencies([tf.debugging.Assert(fits, [said, indices])]):
            return tf.one_hot(indices, classes)
    if labels.shape.rank is None:
        # TensorFlow makes one step of two whose labels differ in rank.
        raise ValueError(
            f"labels must have one rank in every fit, that of rows of {classes} classes or that of "
            "class indices: compile the model again before labels of another rank"
        )
    if labels.shape.rank == 2 and labels.shape[1] is None:
        # It does so with rows of two lengths too; a single column would pass for every class.
        labels = tf.ensure_shape(labels, [None, classes])
    elif labels.shape.rank == 2 and labels.shape[1] != classes:
        raise ValueError(
            f"labels must be rows of {classes} classes, or class indices, not {labels.shape}"
        )
    return tf.cast(labels, tf.float32)


def without_classes(labels: tf.Tensor, left_out: Collection[int], classes: int) -> tf.Tensor:
    """Clear the columns of some classes of labels (B, C)."""
    keep = [0.0 if c in left_out else 1.0 for c in range(classes)]
    return labels * tf.constant(keep)
