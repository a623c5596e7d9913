"""Masks as pictures: indexed PNG in the colours of PASCAL VOC, and the same colours as RGB.

An indexed PNG opens as a picture everywhere and reads back as the indices it was made of: see
`gain_tf.data.decode.read_mask`.
"""

import os

import numpy as np
from PIL import Image

from gain_tf.files import replacing


def colour_map(count: int = 256) -> np.ndarray:
    """Return VOC's colour of each mask value.

    The bits of a value are dealt to red, green and blue in turn, the lowest first; in each colour
    they fill the byte from the highest bit down.

    Args:
        count: of mask values, at most 256.

    Returns:
        uint8 (count, 3), RGB.
    """
    values = np.arange(count)
    colours = np.zeros((count, 3), np.uint8)
    for bit in range(8):
        colours[:, bit % 3] |= ((values >> bit & 1) << (7 - bit // 3)).astype(np.uint8)
    return colours


def coloured(mask: np.ndarray) -> np.ndarray:
    """Return a mask in VOC's colours: uint8 (H, W) to uint8 RGB (H, W, 3)."""
    return colour_map()[mask]


def write_indexed(mask: np.ndarray, path: str | os.PathLike[str]) -> None:
    """Write a mask as indexed PNG, whole or not at all.

    Args:
        mask: class index + 1, 0 background, 255 unknown, uint8 (H, W).
        path: of the PNG; its folder exists.
    """
    picture = Image.fromarray(mask)
    # Turns the greys that an array is read as into indices.
    picture.putpalette(colour_map().tobytes())
    with replacing(path) as temporary:
        picture.save(temporary, format="PNG", optimize=True)
