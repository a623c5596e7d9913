"""One lamp, and what it does to a relief."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gain_tf.data.synthetic.noise import FloatImage


@dataclass(frozen=True)
class Light:
    """The lamp over a plane.

    Attributes:
        azimuth: where the light comes from, radians from the x axis towards the y axis.
        elevation: height of the lamp above the plane, radians; low lamps cast long shadows.
        softness: blur of a shadow per height of the object (both plane units).
        strength: share of the light that a shadow takes away, in [0, 1].
        contrast: how strongly relief shows, 0 for none.
    """

    azimuth: float
    elevation: float
    softness: float
    strength: float
    contrast: float

    @property
    def horizontal(self) -> tuple[float, float]:
        """Direction towards the lamp in the plane, a unit vector (x, y)."""
        return float(np.cos(self.azimuth)), float(np.sin(self.azimuth))

    def shadow_offset(self, height: float) -> tuple[float, float]:
        """Where the shadow of a point at `height` falls, relative to it (x, y), plane units."""
        reach = height / np.tan(self.elevation)
        x, y = self.horizontal
        return -x * reach, -y * reach


def relief(height: FloatImage, light: Light, gloss: float) -> tuple[FloatImage, FloatImage]:
    """Shading of a height field.

    Args:
        height: float32 (rows, columns), in pixels.
        light: the lamp.
        gloss: strength of the highlight on edges that face the lamp, in [0, 1].

    Returns:
        Factor on the colour (1 where level) and highlight to add (0 where level), both float32
        (rows, columns).
    """
    slope_x = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    slope_y = cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    x, y = light.horizontal
    facing = -(np.float32(x) * slope_x + np.float32(y) * slope_y)
    steep = slope_x * slope_x + slope_y * slope_y
    facing /= np.sqrt(1.0 + steep)
    factor = np.clip(1.0 + np.float32(light.contrast) * facing, 0.25, 1.8)
    highlight = np.float32(gloss) * np.square(np.clip(facing, 0.0, 1.0))
    return np.asarray(factor, np.float32), np.asarray(highlight, np.float32)
