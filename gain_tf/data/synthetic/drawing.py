"""Objects drawn on a plane: anti-aliased masks, bevels, cast shadows, compositing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from gain_tf.data.synthetic.compositing import dyed, spread
from gain_tf.data.synthetic.light import Light, relief
from gain_tf.data.synthetic.noise import FloatImage, value_noise
from gain_tf.data.synthetic.outlines import Points

_FRACTION_BITS = 4


@dataclass(frozen=True)
class Window:
    """A rectangle of whole pixels in a plane; the end is excluded."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.y1 - self.y0, self.x1 - self.x0

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of this window in an image of the whole plane."""
        return slice(self.y0, self.y1), slice(self.x0, self.x1)


@dataclass(frozen=True)
class Material:
    """What an object is made of.

    Attributes:
        colour: float32 (3,) in [0, 1].
        grain: amplitude of the texture, relative to the colour; 0 for none.
        cell: size of the grain, plane units.
        stretch: length of the grain relative to its width.
        angle: direction of the grain, radians.
        gloss: highlight on edges facing the lamp, in [0, 1].
    """

    colour: FloatImage
    grain: float = 0.08
    cell: float = 0.006
    stretch: float = 1.0
    angle: float = 0.0
    gloss: float = 0.2


def window_around(contours: Sequence[Points], side: int, pad: float) -> Window | None:
    """The pixels that `contours` and `pad` (plane units) around them touch; None if off the plane.

    Args:
        contours: outlines in plane units.
        side: pixels along the plane.
        pad: margin on all sides.
    """
    points = np.concatenate(list(contours))
    low = np.floor((points.min(0) - pad) * side).astype(int).clip(0, side)
    high = np.ceil((points.max(0) + pad) * side).astype(int).clip(0, side)
    if (high - low).min() < 3:
        return None
    return Window(int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def coverage(contours: Sequence[Points], window: Window, side: int) -> FloatImage:
    """Share of every pixel of `window` inside the contours, float32 in [0, 1].

    Even-odd rule: an outline inside another one is a hole.
    """
    scale = side * (1 << _FRACTION_BITS)
    origin = np.array([window.x0, window.y0]) / side
    polygons = [np.round((points - origin) * scale).astype(np.int32) for points in contours]
    mask = np.zeros(window.shape, np.uint8)
    cv2.fillPoly(mask, polygons, (255,), lineType=cv2.LINE_AA, shift=_FRACTION_BITS)
    return mask.astype(np.float32) * np.float32(1 / 255)


def bevel_height(mask: FloatImage, width: float) -> FloatImage:
    """Height field (pixels) of a slab whose rim is a quarter circle of radius `width` pixels."""
    inside = (mask > 0.5).astype(np.uint8)
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    missing = 1.0 - np.minimum(distance / np.float32(max(width, 1.0)), 1.0)
    height = np.float32(width) * np.sqrt(1.0 - missing * missing)
    return np.asarray(cv2.GaussianBlur(height, (3, 3), 0), np.float32)


def shifted(image: FloatImage, x: float, y: float) -> FloatImage:
    """`image` (rows, columns) moved by (x, y) whole pixels, zero where nothing comes from."""
    right, down = round(x), round(y)
    rows, columns = image.shape
    result = np.zeros_like(image)
    result[max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)] = image[
        max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)
    ]
    return result


def blurred(image: FloatImage, sigma: float) -> FloatImage:
    """`image` after a Gaussian blur of `sigma` pixels; unchanged below a fifth of a pixel."""
    if sigma < 0.2:
        return image
    size = 2 * round(2.2 * sigma) + 1
    return np.asarray(cv2.GaussianBlur(image, (max(size, 3), max(size, 3)), sigma), np.float32)


@dataclass
class Plane:
    """A table top seen from straight above.

    Attributes:
        pixels: float32 (side, side, 3) in [0, 1]; drawn into in place.
        light: the lamp over it.
    """

    pixels: FloatImage
    light: Light

    @property
    def side(self) -> int:
        """Pixels along the plane, which is 1 plane unit long."""
        return self.pixels.shape[0]

    def cast_shadow(self, mask: FloatImage, window: Window, height: float) -> None:
        """Darken the plane where an object of `height` (plane units) takes the light away.

        Args:
            mask: coverage of the object, float32, shape of `window`.
            window: where the mask lies; must leave room for the shadow.
            height: of the object's top, plane units.
        """
        x, y = self.light.shadow_offset(height)
        sigma = self.light.softness * height * self.side
        middle = shifted(mask, 0.5 * x * self.side, 0.5 * y * self.side)
        shadow = np.maximum(middle, shifted(mask, x * self.side, y * self.side))
        shadow = blurred(np.maximum(shadow, mask), max(sigma, 0.6))
        self.pixels[window.slices] *= spread(1.0 - np.float32(self.light.strength) * shadow)

    def stamp(
        self,
        rng: np.random.Generator,
        contours: Sequence[Points],
        material: Material,
        *,
        thickness: float,
        bevel: float,
    ) -> None:
        """Put an object on the plane, with its shadow.

        Args:
            rng: source of the grain.
            contours: outlines in plane units, holes as outlines inside.
            material: its look.
            thickness: plane units; 0 for print, which casts no shadow.
            bevel: radius of the rim in plane units; half the width of the object makes it round.
        """
        reach = thickness / np.tan(self.light.elevation) + 2.0 * thickness * self.light.softness
        window = window_around(contours, self.side, reach + 0.01)
        if window is None:
            return
        mask = coverage(contours, window, self.side)
        if thickness > 0.0:
            self.cast_shadow(mask, window, thickness)
        tone = np.ones(window.shape, np.float32)
        if material.grain > 0.0:
            grain = value_noise(
                rng,
                window.shape,
                material.cell * self.side,
                stretch=material.stretch,
                angle=material.angle,
            )
            tone += np.float32(2.0 * material.grain) * (grain - 0.5)
        colour = dyed(material.colour, tone)
        if bevel > 0.0:
            height = bevel_height(mask, bevel * self.side)
            factor, highlight = relief(height, self.light, material.gloss)
            colour = colour * spread(factor) + spread(highlight)
        target = self.pixels[window.slices]
        target += spread(mask) * (colour - target)
