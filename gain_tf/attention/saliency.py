"""Gradient saliency: which pixels move the score, a foreground prior without annotation.

It serves as the prior S of Eq. 9, and its least salient cells as cues for the background.

Source: Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2014, Section 3.1;
the median filter is that of Kolesnikov and Lampert, "Seed, Expand and Constrain", 2016.
"""

from collections.abc import Callable

import tensorflow as tf

from gain_tf.attention.grad_cam import class_gradient
from gain_tf.attention.pairs import pairs_of

MEDIAN_SIDE = 3
"""Side of the median filter, in pixels."""


def gradient_saliency(
    network: Callable[..., tf.Tensor],
    images: tf.Tensor,
    labels: tf.Tensor | None = None,
    *,
    median: bool = False,
) -> tf.Tensor:
    """Tell how much each pixel moves the scores of an image's classes.

    `S^c = max over channels of |ds^c / dx|`, divided by its maximum: the slope of a score says
    little about how sure it is, so that every class of an image has the same voice. The saliency
    of the image is the largest over its classes.

    Args:
        network: maps images (P, H, W, K) to logits (P, C); called with `training=False`.
        images: (N, H, W, K), at least one, as the network takes them; integers are cast to float32.
        labels: the classes each image is asked about, multi-hot (N, C); an image without any, and
            every image where this is None, is asked about its best class.
        median: whether each class's map goes through a 3 x 3 median filter, which takes away the
            single pixels that gradients are full of.

    Returns:
        (N, H, W), float32, in [0, 1]: the maximum of each image is 1, but where no pixel moves
        the score, or the filter leaves none, it is all zero.
    """
    images = tf.convert_to_tensor(images)
    if not images.dtype.is_floating:
        images = tf.cast(images, tf.float32)
    logits = network(images, training=False)
    asked = tf.one_hot(tf.argmax(logits, axis=1), tf.shape(logits)[1])
    if labels is not None:
        labels = tf.cast(labels, tf.float32)
        labelled = tf.reduce_max(labels, axis=1, keepdims=True) > 0
        asked = tf.where(labelled, labels, asked)
    pairs = pairs_of(asked)
    gradient = class_gradient(tf.gather(images, pairs.image), network, pairs.category)
    maps = tf.cast(tf.reduce_max(tf.abs(gradient), axis=-1), tf.float32)
    if median:
        maps = _median_filtered(maps)
    maps = tf.math.divide_no_nan(maps, tf.reduce_max(maps, axis=(1, 2), keepdims=True))
    return tf.math.unsorted_segment_max(maps, pairs.image, tf.shape(images)[0])


def _median_filtered(maps: tf.Tensor) -> tf.Tensor:
    """Replace each pixel by the median of those around it; the border repeats itself."""
    height, width = tf.shape(maps)[1], tf.shape(maps)[2]
    padded = tf.pad(maps, [[0, 0], [1, 1], [1, 1]], "SYMMETRIC")
    steps = range(MEDIAN_SIDE)
    shifted = [padded[:, y : y + height, x : x + width] for y in steps for x in steps]
    return tf.sort(tf.stack(shifted, axis=-1), axis=-1)[..., len(shifted) // 2]
