"""Fields and colours combined, fast.

NumPy broadcasts poorly over a last axis of three; merging channels first is several times faster,
and these are the operations in which rendering spends its time.
"""

from __future__ import annotations

import cv2
import numpy as np

from gain_tf.data.synthetic.noise import FloatImage


def spread(field: FloatImage) -> FloatImage:
    """A field (rows, columns) repeated over three channels: float32 (rows, columns, 3)."""
    grey = field.astype(np.float32, copy=False)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB).astype(np.float32, copy=False)


def dyed(colour: FloatImage, tone: FloatImage) -> FloatImage:
    """`colour` (3,) times `tone` (rows, columns): float32 (rows, columns, 3)."""
    tone = np.asarray(tone, np.float32)
    return np.asarray(cv2.merge([tone * np.float32(part) for part in colour]), np.float32)


def mixed(first: FloatImage, second: FloatImage, weight: FloatImage) -> FloatImage:
    """Mixture of two colours (3,): `first` where weight (rows, columns) is 0, `second` at 1."""
    weight = np.asarray(weight, np.float32)
    channels = [
        np.float32(start) + np.float32(end - start) * weight
        for start, end in zip(first, second, strict=True)
    ]
    return np.asarray(cv2.merge(channels), np.float32)


def overlaid(below: FloatImage, above: FloatImage, opacity: FloatImage) -> FloatImage:
    """Image `above` over image `below`, both (rows, columns, 3); opacity (rows, columns)."""
    return below + spread(opacity) * (above - below)
