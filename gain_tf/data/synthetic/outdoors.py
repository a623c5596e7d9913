"""A landscape: sky with clouds, a far shore, a ground that runs to the horizon."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gain_tf.data.synthetic.colour import draw_hsv
from gain_tf.data.synthetic.compositing import dyed, overlaid, spread
from gain_tf.data.synthetic.domains import Texture
from gain_tf.data.synthetic.noise import FloatImage, fractal_noise, value_noise

_NEAR_WIDTH = 0.34
"""Of the ground, how much is seen at the lower edge of the picture; all of it at the horizon."""


@dataclass(frozen=True)
class Landscape:
    """A picture without anything in it yet.

    Attributes:
        pixels: float32 (side, side, 3) in [0, 1].
        horizon: height of the horizon from the top, share of the picture.
        haze: colour of the air at the horizon, float32 (3,).
    """

    pixels: FloatImage
    horizon: float
    haze: FloatImage

    def size_at(self, y: float) -> float:
        """How large things look that stand at height `y`: 0 at the horizon, 1 at the lower edge."""
        return (y - self.horizon) / (1.0 - self.horizon)


def landscape(
    air: np.random.Generator, soil: np.random.Generator, ground: Texture, side: int
) -> Landscape:
    """Paint a landscape.

    Args:
        air: source of horizon, sky and shore, the same over any ground.
        soil: source of the ground.
        ground: what covers it.
        side: of the picture in pixels.
    """
    horizon = air.uniform(0.26, 0.42)
    line = round(horizon * side)
    pixels, haze = _sky(air, side, line)
    _shore(air, pixels, line, haze)
    texture = ground(soil, side)
    # What lies far away is seen small and wide, what lies near large: one texture, in perspective.
    flat = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    margin = 0.5 * (1.0 / _NEAR_WIDTH - 1.0) * side
    # From the horizon down: somewhere above it the ground lies infinitely far away, and to reflect
    # the texture as often as that takes seconds.
    deep = side - line
    seen = np.array([[0, 0], [side, 0], [side + margin, deep], [-margin, deep]], np.float32)
    warp = cv2.getPerspectiveTransform(flat, seen)
    laid = cv2.warpPerspective(
        texture, warp, (side, deep), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    rows = np.arange(side, dtype=np.float32)[line:, None]
    far = np.exp(-(rows - line) / np.float32(0.06 * side))
    veil = dyed(haze, np.ones((deep, side), np.float32))
    opacity = np.broadcast_to(0.6 * far, (deep, side))
    pixels[line:] = overlaid(
        np.asarray(laid, np.float32), veil, np.ascontiguousarray(opacity, np.float32)
    )
    return Landscape(pixels, horizon, haze)


def _sky(rng: np.random.Generator, side: int, line: int) -> tuple[FloatImage, FloatImage]:
    """The picture with sky above row `line`, and the colour at the horizon."""
    shape = (side, side)
    if rng.random() < 0.3:
        top = draw_hsv(rng, (0.55, 0.65), (0.0, 0.12), (0.55, 0.8))
    else:
        top = draw_hsv(rng, (0.55, 0.62), (0.3, 0.65), (0.55, 0.85))
    haze = draw_hsv(rng, (0.06, 0.6), (0.0, 0.15), (0.78, 0.95))
    height = np.linspace(0.0, side / max(line, 1), side, dtype=np.float32)[:, None]
    share = np.ascontiguousarray(np.broadcast_to(np.clip(height, 0.0, 1.0), shape))
    ones = np.ones(shape, np.float32)
    pixels = overlaid(dyed(top, ones), dyed(haze, ones), share)
    clouds = fractal_noise(rng, shape, 0.16 * side, octaves=5, stretch=2.5)
    cover = np.clip(rng.uniform(3.0, 6.0) * (clouds - rng.uniform(0.42, 0.62)), 0.0, 0.95)
    body = value_noise(rng, shape, 0.07 * side, stretch=2.0)
    white = dyed(draw_hsv(rng, (0.05, 0.6), (0.0, 0.05), (0.88, 1.0)), 0.85 + 0.15 * body)
    return np.ascontiguousarray(overlaid(pixels, white, np.asarray(cover, np.float32))), haze


def _shore(rng: np.random.Generator, pixels: FloatImage, line: int, haze: FloatImage) -> None:
    """Draw one or two ranges of hills, woods or roofs along the horizon."""
    side = pixels.shape[0]
    rows = np.arange(side, dtype=np.float32)[:, None]
    for number in range(int(rng.integers(1, 3))):
        near = 0.55 + 0.3 * number
        rough = fractal_noise(rng, (3, side), rng.uniform(0.1, 0.3) * side, octaves=6)[1]
        if rng.random() < 0.3:
            block = rng.uniform(0.03, 0.06)
            steps = np.floor(np.arange(side) / (block * side)).astype(int)
            rough = rng.random(int(1 / block) + 2, dtype=np.float32)[steps]
        top = line - np.float32(rng.uniform(0.03, 0.12) * side) * np.clip(rough + 0.1, 0.0, 1.0)
        covered = np.clip(rows - top[None, :], 0.0, 1.0) * (rows < line)
        land = draw_hsv(rng, (0.1, 0.45), (0.1, 0.45), (0.25, 0.55))
        colour = haze + np.float32(near) * (land - haze)
        leaves = value_noise(rng, (side, side), 0.012 * side) - 0.5
        pixels += spread(covered.astype(np.float32)) * (dyed(colour, 1.0 + 0.4 * leaves) - pixels)
