"""The workpiece: one asymmetric machined plate with a bore, holes, slots, a notch and a pocket."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.colour import draw_from
from gain_tf.data.synthetic.compositing import spread
from gain_tf.data.synthetic.drawing import Plane, bevel_height, blurred, coverage, shifted
from gain_tf.data.synthetic.light import Light, relief
from gain_tf.data.synthetic.metals import brushed
from gain_tf.data.synthetic.noise import FloatImage, value_noise
from gain_tf.data.synthetic.outlines import Points, capsule, circle, rounded
from gain_tf.data.synthetic.slab import Pose, footprint_of, paint, set_down

_OUTLINE = rounded(
    np.array(
        [
            [-1.0, -0.42],
            [-0.78, -0.64],
            [-0.52, -0.64],
            [-0.46, -0.4],
            [-0.22, -0.4],
            [-0.16, -0.64],
            [0.98, -0.64],
            [0.98, -0.12],
            [0.34, -0.06],
            [0.26, 0.64],
            [-1.0, 0.64],
        ]
    ),
    np.array([0.04, 0.04, 0.03, 0.07, 0.07, 0.03, 0.24, 0.22, 0.14, 0.1, 0.06]),
)
_BORE = circle(-0.36, 0.12, 0.25)
_HOLES = (
    _BORE,
    capsule((0.5, -0.38), (0.74, -0.38), 0.095),
    circle(-0.83, 0.46, 0.075),
    circle(0.08, 0.46, 0.075),
    circle(-0.83, -0.3, 0.075),
)
_COUNTERBORE = circle(-0.36, 0.12, 0.37)
_POCKET = capsule((0.08, -0.4), (0.24, -0.4), 0.1)
THICKNESS = 0.2
"""Height of the top face above the plane, half lengths of the part."""

_BEVEL = 0.04


def silhouette(pose: Pose, lean: tuple[float, float]) -> Points:
    """Points (N, 2) of the rim at the top and at the foot, plane units: what must be in view."""
    top = pose.place(_OUTLINE)
    return np.concatenate([top, top + np.asarray(lean)])


def part_coverage(side: int, light: Light, pose: Pose, lean: tuple[float, float]) -> FloatImage:
    """What `draw_part` covers and returns, without drawing: float32 (side, side) in [0, 1]."""
    hidden = footprint_of(side, light, _contours(pose), THICKNESS * pose.scale, lean)
    return np.zeros((side, side), np.float32) if hidden is None else hidden.on_plane(side)


def draw_part(
    rng: np.random.Generator, plane: Plane, pose: Pose, lean: tuple[float, float]
) -> FloatImage:
    """Put the part on a plane.

    Args:
        rng: source of its finish.
        plane: drawn into, with the part's shadow.
        pose: where it lies.
        lean: offset of its foot from its top, as the camera sees it, plane units (x, y).

    Returns:
        Coverage of the part, walls included and holes excluded: float32 (side, side) in [0, 1].
    """
    side, thickness = plane.side, THICKNESS * pose.scale
    slab = set_down(plane, _contours(pose), thickness, lean)
    if slab is None:
        return np.zeros((side, side), np.float32)
    window, top = slab.window, slab.top

    colour = _finish(rng)
    brushing = pose.angle + rng.choice([0.0, np.pi / 2.0]) + rng.normal(0.0, 0.05)
    roughness = rng.uniform(0.05, 0.2)
    face = brushed(rng, window.shape, side, colour, angle=brushing, roughness=roughness)

    sunk = np.maximum(
        coverage([pose.place(_COUNTERBORE)], window, side),
        coverage([pose.place(_POCKET)], window, side),
    )
    bevel = _BEVEL * pose.scale * side
    height = bevel_height(top, bevel) - np.float32(1.6 * bevel) * blurred(sunk, 0.8)
    factor, highlight = relief(height, plane.light, rng.uniform(0.25, 0.6))
    x, y = plane.light.shadow_offset(0.35 * thickness)
    shade = sunk * (1.0 - blurred(shifted(sunk, x * side, y * side), 1.0))
    milled = value_noise(rng, window.shape, 0.005 * side) - 0.5
    factor *= 1.0 - 0.5 * shade - sunk * (0.12 - 0.2 * milled)
    face = face * spread(factor) + spread(highlight)

    return paint(plane, slab, colour, face)


def _contours(pose: Pose) -> list[Points]:
    return [pose.place(outline) for outline in (_OUTLINE, *_HOLES)]


def _finish(rng: np.random.Generator) -> FloatImage:
    return draw_from(
        rng,
        [
            ((0.5, 0.65), (0.0, 0.08), (0.55, 0.85)),
            ((0.06, 0.15), (0.02, 0.16), (0.5, 0.8)),
            ((0.5, 0.65), (0.02, 0.2), (0.28, 0.5)),
            ((0.05, 0.12), (0.2, 0.45), (0.4, 0.68)),
        ],
    )
