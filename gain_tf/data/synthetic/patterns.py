"""Regular fields: coordinates in any direction and rulings along them."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.noise import FloatImage


def coordinates(side: int, angle: float) -> tuple[FloatImage, FloatImage]:
    """Coordinates along and across a direction: two float32 (side, side), plane units (side = 1).

    Zero lies in the middle, so that turning a texture does not move it out of the picture.
    """
    axis = (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side) - 0.5
    x, y = axis[None, :], axis[:, None]
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return cosine * x + sine * y, cosine * y - sine * x


def lines(field: FloatImage, spacing: float, width: float, side: int) -> FloatImage:
    """Anti-aliased rulings: 1 on a line, 0 between; float32, shape of `field`.

    Args:
        field: coordinate across the lines, plane units.
        spacing: between lines, plane units.
        width: of a line, plane units.
        side: pixels along the plane, which sets the softness of the edge.
    """
    distance = np.abs(field / np.float32(spacing) - np.rint(field / np.float32(spacing))) * spacing
    return np.clip(0.5 + (0.5 * width - distance) * side, 0.0, min(1.0, width * side))
