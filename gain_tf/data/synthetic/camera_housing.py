"""An industrial camera from above: the same after half a turn, but for a gap and two markers.

All outlines are in units of half the length of the housing's side.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gain_tf.data.synthetic.colour import draw_from, draw_hsv, rgb
from gain_tf.data.synthetic.compositing import spread
from gain_tf.data.synthetic.drawing import (
    Material,
    Plane,
    Window,
    bevel_height,
    blurred,
    coverage,
)
from gain_tf.data.synthetic.light import relief
from gain_tf.data.synthetic.metals import brushed
from gain_tf.data.synthetic.noise import FloatImage, value_noise
from gain_tf.data.synthetic.outlines import (
    Points,
    capsule,
    circle,
    moved,
    rectangle,
    regular_polygon,
    rounded,
)
from gain_tf.data.synthetic.slab import Pose, paint, set_down

THICKNESS = 0.45
"""Height of the housing above the table, half sides."""

_BODY = rounded(rectangle(2.0, 2.0), 0.2)
_FINS = [moved(rectangle(0.05, 1.1), x, 0.0) for x in (-0.94, -0.85, 0.85, 0.94)]
_SCREWS = [(x, y) for x in (-0.76, 0.76) for y in (-0.76, 0.76)]
_GAP = moved(rounded(rectangle(0.6, 0.1), 0.04), 0.0, -0.81)
_DOT = circle(-0.13, 0.82, 0.075)
_BAR = moved(rounded(rectangle(0.24, 0.09), 0.03), 0.13, 0.82)

_CRITICAL = (
    moved(rectangle(0.7, 0.2), 0.0, -0.81),
    moved(rectangle(0.56, 0.22), 0.02, 0.82),
)


def rim(pose: Pose, lean: tuple[float, float]) -> Points:
    """Points (N, 2) of the housing at the top and at the foot, plane units."""
    top = pose.place(_BODY)
    return np.concatenate([top, top + np.asarray(lean)])


def critical_areas(pose: Pose, side: int) -> list[FloatImage]:
    """Coverage of the gap and of the markers on a plane, float32 (side, side) in [0, 1] each."""
    plane = Window(0, 0, side, side)
    return [coverage([pose.place(area)], plane, side) for area in _CRITICAL]


def draw_camera(
    rng: np.random.Generator, plane: Plane, pose: Pose, lean: tuple[float, float]
) -> None:
    """Put the camera on a plane.

    Args:
        rng: source of its finish; nothing it draws tells one half turn from the other.
        plane: drawn into, with the camera's shadow.
        pose: where it stands; at angle 0 the gap is up, the markers are down.
        lean: offset of its foot from its top, as seen, plane units (x, y).
    """
    side = plane.side
    slab = set_down(plane, [pose.place(_BODY)], THICKNESS * pose.scale, lean)
    if slab is None:
        return
    window = slab.window

    def cover(outlines: Sequence[Points]) -> FloatImage:
        return coverage([pose.place(outline) for outline in outlines], window, side)

    colour, ink = _finish(rng)
    brushing = pose.angle + rng.choice([0.0, np.pi / 2.0])
    face = brushed(
        rng, window.shape, side, colour, angle=brushing, roughness=rng.uniform(0.03, 0.1)
    )
    bevel = 0.07 * pose.scale * side
    gap = cover([_GAP])
    sunk = blurred(np.maximum(cover(_FINS), gap), 0.7)
    height = bevel_height(slab.top, bevel) - np.float32(0.7 * bevel) * sunk
    factor, highlight = relief(height, plane.light, rng.uniform(0.2, 0.5))
    face = face * spread(factor * (1.0 - 0.55 * cover(_FINS)) * (1.0 - 0.8 * gap))
    worn = 0.85 + 0.3 * (value_noise(rng, window.shape, 0.01 * side) - 0.5)
    print_ = spread(np.maximum(cover([_DOT]), cover([_BAR])) * worn)
    face += print_ * (ink - face)
    paint(plane, slab, colour, face + spread(highlight))
    for x, y in _SCREWS:
        _screw(rng, plane, pose, x, y)
    _lens(rng, plane, pose)


def _finish(rng: np.random.Generator) -> tuple[FloatImage, FloatImage]:
    """Colour of the housing and of the print on it."""
    if rng.random() < 0.5:
        dark = draw_hsv(rng, (0.5, 0.7), (0.0, 0.25), (0.16, 0.32))
        return dark, np.clip(draw_hsv(rng, (0.1, 0.16), (0.0, 0.3), (0.8, 0.95)), 0.0, 1.0)
    light = draw_from(
        rng,
        [
            ((0.5, 0.65), (0.0, 0.08), (0.5, 0.75)),
            ((0.08, 0.14), (0.05, 0.2), (0.55, 0.75)),
            ((0.55, 0.62), (0.3, 0.6), (0.45, 0.65)),
        ],
    )
    return light, rgb(0.08, 0.08, 0.09)


def _screw(rng: np.random.Generator, plane: Plane, pose: Pose, x: float, y: float) -> None:
    steel = Material(draw_hsv(rng, (0.5, 0.6), (0.0, 0.1), (0.5, 0.75)), 0.1, gloss=0.5)
    head = [pose.place(circle(x, y, 0.12, points=24))]
    plane.stamp(rng, head, steel, thickness=0.03 * pose.scale, bevel=0.03 * pose.scale)
    hollow = [pose.place(regular_polygon(x, y, 0.065, 6, rng.uniform(0.0, np.pi)))]
    plane.stamp(rng, hollow, Material(0.25 * steel.colour, 0.1), thickness=0.0, bevel=0.0)


def _lens(rng: np.random.Generator, plane: Plane, pose: Pose) -> None:
    """Barrel, ring and glass, with the window of the room in it."""
    unit = pose.scale

    def stamp(
        outlines: Sequence[Points], material: Material, thickness: float, bevel: float
    ) -> None:
        placed = [pose.place(outline) for outline in outlines]
        plane.stamp(rng, placed, material, thickness=thickness * unit, bevel=bevel * unit)

    barrel = Material(draw_hsv(rng, (0.5, 0.7), (0.0, 0.1), (0.1, 0.25)), 0.1, gloss=0.5)
    stamp([circle(0.0, 0.0, 0.6, points=64)], barrel, 0.2, 0.08)
    ring = Material(draw_hsv(rng, (0.05, 0.65), (0.0, 0.15), (0.5, 0.8)), 0.08, gloss=0.6)
    stamp([circle(0.0, 0.0, 0.47, points=64)], ring, 0.02, 0.05)
    stamp([circle(0.0, 0.0, 0.4, points=64)], Material(rgb(0.05, 0.05, 0.06), 0.1), 0.0, 0.0)
    coating = draw_from(rng, [((0.55, 0.85), (0.4, 0.8), (0.12, 0.35))])
    stamp([circle(0.0, 0.0, 0.33, points=64)], Material(coating, 0.4, 0.05, gloss=0.8), 0.0, 0.16)
    lamp = np.asarray(plane.light.horizontal) * 0.16 * unit
    shine = moved(
        rounded(rectangle(0.14, 0.1), 0.03),
        pose.x + lamp[0],
        pose.y + lamp[1],
        angle=plane.light.azimuth,
        scale=unit,
    )
    plane.stamp(rng, [shine], Material(rgb(0.85, 0.9, 0.95), 0.1), thickness=0.0, bevel=0.0)
    arc = [capsule((-0.1, 0.2), (0.1, 0.2), 0.02)]
    turned = [moved(line, 0.0, 0.0, angle=plane.light.azimuth - pose.angle) for line in arc]
    stamp(turned, Material(coating + rgb(0.25, 0.25, 0.25), 0.0), 0.0, 0.0)
