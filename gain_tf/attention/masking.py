"""From a raw map to an erased image: normalisation, Eq. 3 and 4.

Source: Li et al., "Guided Attention Inference Network", Eq. 3 and 4. The normalisation before
Eq. 4, 7 and 9 is a choice that the paper leaves open.
"""

from typing import Literal

import tensorflow as tf

Normalisation = Literal["max", "none"]

EPSILON = 1e-5
"""Added to a map's maximum before the division: an all-zero map stays zero and is never NaN."""


def normalise(
    maps: tf.Tensor, how: Normalisation = "max", *, epsilon: float = EPSILON
) -> tf.Tensor:
    """Bring raw maps to a common scale: `A / (max A + epsilon)`.

    Args:
        maps: raw attention maps, (P, h, w), at least 0.
        how: "max" divides each map by its own maximum; "none" returns the raw maps, whose scale
            is that of the logits and grows in training.
        epsilon: keeps an all-zero map at zero, with a zero gradient.

    Returns:
        (P, h, w), in [0, 1) for "max".

    Raises:
        ValueError: `how` is neither of the two.
    """
    if how == "none":
        return maps
    if how != "max":
        raise ValueError(f"normalise must be 'max' or 'none', not {how!r}")
    return maps / (tf.reduce_max(maps, axis=(1, 2), keepdims=True) + epsilon)


def soft_threshold(maps: tf.Tensor, *, sigma: float = 0.5, slope: float = 10.0) -> tf.Tensor:
    """Turn attention into a differentiable mask of what to erase (Eq. 4).

    `T(A) = 1 / (1 + exp(-slope (A - sigma)))`, the slope being the paper's omega of Eq. 4.

    Args:
        maps: normalised attention, any shape, in [0, 1].
        sigma: the attention at which half of the image is erased.
        slope: how sharp the threshold is.

    Returns:
        Same shape, in (0, 1).
    """
    return tf.sigmoid(slope * (maps - sigma))


def erase(
    images: tf.Tensor,
    maps: tf.Tensor,
    *,
    sigma: float = 0.5,
    slope: float = 10.0,
    fill: tf.Tensor | float = 0.0,
) -> tf.Tensor:
    """Erase from each image the region its map attends to (Eq. 3).

    `I*^c = I - T(A^c) * (I - fill)`; with images whose mean colour is zero and `fill` zero this
    is the paper's `I - T(A^c) * I`. The finished mask is resized bilinearly to the image, which
    is safe: only first derivatives pass through it.

    Args:
        images: one image a pair, (P, H, W, 3).
        maps: normalised attention, (P, h, w), in [0, 1].
        sigma: threshold of Eq. 4.
        slope: steepness of Eq. 4.
        fill: what the region is erased to, broadcast against the images.

    Returns:
        The erased images, (P, H, W, 3).
    """
    mask = soft_threshold(maps, sigma=sigma, slope=slope)[..., tf.newaxis]
    mask = tf.cast(tf.image.resize(mask, tf.shape(images)[1:3], method="bilinear"), images.dtype)
    return images - mask * (images - tf.cast(fill, images.dtype))


def zero_maps(maps: tf.Tensor) -> tf.Tensor:
    """Tell which maps are zero everywhere: dead maps, which carry no gradient.

    Args:
        maps: attention, raw or normalised, (P, h, w).

    Returns:
        (P,), 1.0 where the map is all zero, else 0.0.
    """
    return tf.cast(tf.reduce_max(maps, axis=(1, 2)) <= 0, maps.dtype)
