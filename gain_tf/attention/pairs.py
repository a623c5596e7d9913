"""Pairs of (image, ground-truth class): all maps of a batch are computed as one batch of pairs.

Source: the sums `(1/n) sum_c` of Li et al., "Guided Attention Inference Network", Eq. 5, 7 and 9.
"""

from typing import NamedTuple

import tensorflow as tf


class Pairs(NamedTuple):
    """The (image, class) combinations of a batch.

    Attributes:
        image: row of the image in the batch, (P,), int32.
        category: class, (P,), int32.
        valid: 1.0 for a real pair, 0.0 for padding, (P,), float32.
    """

    image: tf.Tensor
    category: tf.Tensor
    valid: tf.Tensor


def pairs_of(labels: tf.Tensor, max_labels: int | None = None) -> Pairs:
    """List the pairs of a batch.

    Args:
        labels: multi-hot, (B, C), in {0, 1}.
        max_labels: None lists exactly the pairs there are (one of padding where there are none):
            P changes from batch to batch. A number M, at most C, lists M pairs an image, padded
            with zero weight: P = B M is static, as XLA needs it. Of an image with more than M
            labels the first M classes are listed.

    Returns:
        The pairs, ordered by image, then class.
    """
    present = labels > 0.5
    if max_labels is None:
        index = tf.cast(tf.where(present), tf.int32)
        valid = tf.ones_like(index[:, 0], tf.float32)
        # TensorFlow's CPU kernels fail on an empty batch; its max pooling ends the process.
        padding = tf.cast(tf.equal(tf.shape(index)[0], 0), tf.int32)
        index, valid = tf.pad(index, [[0, padding], [0, 0]]), tf.pad(valid, [[0, padding]])
        return Pairs(index[:, 0], index[:, 1], valid)
    value, category = tf.math.top_k(tf.cast(present, tf.float32), k=max_labels)
    image = tf.broadcast_to(tf.range(tf.shape(labels)[0])[:, tf.newaxis], tf.shape(category))
    return Pairs(tf.reshape(image, [-1]), tf.reshape(category, [-1]), tf.reshape(value, [-1]))


def images_carrying(pairs: Pairs, carried: tf.Tensor, images: tf.Tensor | int) -> tf.Tensor:
    """Count the images of which at least one pair takes part in a term.

    Args:
        pairs: of the batch.
        carried: 1.0 where the pair takes part in the term, else 0.0, (P,).
        images: number of images in the batch, a scalar.

    Returns:
        Scalar, float32.
    """
    per_image = tf.math.unsorted_segment_sum(carried * pairs.valid, pairs.image, images)
    return tf.reduce_sum(tf.cast(per_image > 0, tf.float32))


def pair_weights(
    pairs: Pairs, carried: tf.Tensor, images: tf.Tensor | int, importance: tf.Tensor | None = None
) -> tf.Tensor:
    """Weigh pairs so that a weighted sum is the mean over images of the mean over classes.

    `w[p] = importance_i carried[p] / (n_i N)`, with n_i the pairs that image i carries and N the
    images that carry any: a term averages over the images that have it, not over the batch, so
    that a handful of annotated images keeps its voice.

    Args:
        pairs: of the batch.
        carried: 1.0 where the pair takes part in the term, else 0.0, (P,).
        images: number of images in the batch, a scalar.
        importance: sample weight of each image, (B,); None for ones.

    Returns:
        (P,), float32; sums to one without `importance`, to zero where nothing is carried.
    """
    carried = carried * pairs.valid
    per_image = tf.math.unsorted_segment_sum(carried, pairs.image, images)
    carriers = images_carrying(pairs, carried, images)
    weights = tf.math.divide_no_nan(carried, tf.gather(per_image, pairs.image) * carriers)
    if importance is None:
        return weights
    # Keras also accepts sample weights of shape (B, 1).
    importance = tf.reshape(tf.cast(importance, tf.float32), [-1])
    return weights * tf.gather(importance, pairs.image)
