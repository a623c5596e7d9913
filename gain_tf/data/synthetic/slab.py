"""Solid bodies on a plane: a top face, walls that lean as the camera sees them, a shadow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gain_tf.data.synthetic.compositing import dyed, spread
from gain_tf.data.synthetic.drawing import Plane, Window, blurred, coverage, shifted, window_around
from gain_tf.data.synthetic.light import Light
from gain_tf.data.synthetic.noise import FloatImage
from gain_tf.data.synthetic.outlines import Points, moved


@dataclass(frozen=True)
class Pose:
    """Where a body lies: centre, angle (radians) and the length of its own unit, plane units."""

    x: float
    y: float
    angle: float
    scale: float

    def place(self, outline: Points) -> Points:
        """An outline in the body's own units, in plane units."""
        return moved(outline, self.x, self.y, angle=self.angle, scale=self.scale)


@dataclass(frozen=True)
class Footprint:
    """What a solid body hides of the plane it stands on.

    Attributes:
        window: the pixels it and its shadow may touch.
        top: coverage of its top face, float32, shape of `window`.
        body: coverage of all of it, walls included.
    """

    window: Window
    top: FloatImage
    body: FloatImage

    def on_plane(self, side: int) -> FloatImage:
        """Coverage of the body on the whole plane: float32 (side, side) in [0, 1]."""
        whole = np.zeros((side, side), np.float32)
        whole[self.window.slices] = self.body
        return whole


@dataclass(frozen=True)
class Slab(Footprint):
    """A solid body that stands on its plane, still to be painted.

    Attributes:
        contact: where it keeps the light from the ground and the lower walls, in [0, 1].
    """

    contact: FloatImage


def footprint_of(
    side: int,
    light: Light,
    contours: Sequence[Points],
    thickness: float,
    lean: tuple[float, float],
) -> Footprint | None:
    """What a body hides, before anything is drawn.

    Args:
        side: pixels along the plane.
        light: the lamp over it, which says how far the shadow reaches.
        contours: as in `set_down`.
        thickness: as there.
        lean: as there.

    Returns:
        What it hides; None if it lies off the plane.
    """
    reach = thickness / np.tan(light.elevation) + 0.04
    window = window_around(contours, side, reach)
    if window is None:
        return None
    top = coverage(contours, window, side)
    body = top.copy()
    for step in (0.25, 0.5, 0.75, 1.0):
        body = np.maximum(body, shifted(top, step * lean[0] * side, step * lean[1] * side))
    return Footprint(window, top, body)


def set_down(
    plane: Plane, contours: Sequence[Points], thickness: float, lean: tuple[float, float]
) -> Slab | None:
    """Darken the plane where a body stands, and say where it shows.

    Args:
        plane: gets the body's shadow.
        contours: outlines of the top face in plane units, holes as outlines inside.
        thickness: height of the top face above the plane, plane units.
        lean: offset of the foot from the top, as the camera sees it, plane units (x, y).

    Returns:
        The body, still to be painted by `paint`; None if it lies off the plane.
    """
    side = plane.side
    footprint = footprint_of(side, plane.light, contours, thickness, lean)
    if footprint is None:
        return None
    window, top, body = footprint.window, footprint.top, footprint.body
    foot = shifted(top, lean[0] * side, lean[1] * side)
    plane.cast_shadow(foot, window, thickness)
    contact = blurred(body, 0.012 * side)
    plane.pixels[window.slices] *= spread(1.0 - 0.45 * contact)
    return Slab(window, top, body, contact)


def paint(plane: Plane, slab: Slab, colour: FloatImage, face: FloatImage) -> FloatImage:
    """Draw a body that was set down.

    Args:
        plane: drawn into.
        slab: where the body shows.
        colour: of its walls, float32 (3,).
        face: its top face, float32 (rows, columns, 3), shape of the slab's window.

    Returns:
        Coverage of the body on the whole plane: float32 (side, side) in [0, 1].
    """
    target = plane.pixels[slab.window.slices]
    wall = dyed(colour, 0.3 + 0.25 * slab.contact)
    target += spread(slab.body) * (wall - target)
    target += spread(slab.top) * (face - target)
    return slab.on_plane(plane.side)
