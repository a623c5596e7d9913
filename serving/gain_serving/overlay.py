"""A picture of where the network looked."""

import cv2
import numpy as np

MAX_SIDE = 1024
"""Pixels of the longer side: a person looks at it, and a large PNG takes a second to write."""

STRENGTH = 0.6
"""Share of the colour where the attention is 1."""


def overlay_png(image: np.ndarray, attention: np.ndarray) -> bytes:
    """Lay an attention map over its image.

    Args:
        image: uint8 RGB (H, W, 3).
        attention: float (h, w) in [0, 1], any size.

    Returns:
        PNG, as large as the image but no side longer than `MAX_SIDE`.
    """
    height, width = image.shape[:2]
    shrink = min(1.0, MAX_SIDE / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    photograph = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    if shrink < 1:
        photograph = cv2.resize(photograph, size, interpolation=cv2.INTER_AREA)
    finite = np.nan_to_num(attention.astype(np.float32), nan=0.0)
    heat = cv2.resize(np.clip(finite, 0, 1), size, interpolation=cv2.INTER_LINEAR)
    colours = cv2.applyColorMap(np.rint(heat * 255).astype(np.uint8), cv2.COLORMAP_JET)
    share = (STRENGTH * heat)[..., None]
    blended = photograph + share * (colours.astype(np.float32) - photograph)
    _, png = cv2.imencode(".png", np.rint(blended).astype(np.uint8))
    return png.tobytes()
