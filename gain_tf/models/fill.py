"""What Eq. 3 erases to."""

from collections.abc import Sequence

import tensorflow as tf

from gain_tf.models.settings import EraseTo

BLUR = 16
"""Side of the squares, in pixels, whose mean colours make the blurred image."""


def fill_for(images: tf.Tensor, erase_to: EraseTo, mean_colour: Sequence[float]) -> tf.Tensor:
    """Build what the attended region of each image is replaced by.

    Args:
        images: (P, H, W, 3), on the scale of the network's input.
        erase_to: "mean" the colour that becomes zero after normalisation, "black" zero on the
            scale of the input, "blur" the image itself without its detail.
        mean_colour: a number for each channel, RGB.

    Returns:
        Broadcasts against the images.
    """
    if erase_to == "mean":
        return tf.constant(list(mean_colour), images.dtype)
    if erase_to == "black":
        return tf.zeros([], images.dtype)
    coarse = tf.nn.avg_pool2d(images, BLUR, BLUR, "SAME")
    return tf.image.resize(coarse, tf.shape(images)[1:3], method="bilinear")
