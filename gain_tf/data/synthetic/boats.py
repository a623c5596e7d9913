"""Boats from the side: under sail, with a cabin, or open."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.colour import draw_from, draw_hsv, rgb
from gain_tf.data.synthetic.drawing import Material
from gain_tf.data.synthetic.outlines import Points, capsule, moved, rectangle, rounded, spline
from gain_tf.data.synthetic.side_view import SideView

_GLASS = Material(rgb(0.12, 0.16, 0.2), 0.3, 0.1, gloss=0.8)


def draw_boat(view: SideView) -> None:
    """A boat of any kind, bow to the right."""
    rng = view.rng
    kind = int(rng.integers(3))
    depth = rng.uniform(0.26, 0.36)
    if kind == 0:
        _rig(view, depth)
    _hull(view, depth)
    if kind == 1:
        _cabin(view, depth)
    elif kind == 2:
        _thwarts(view, depth)


def _hull(view: SideView, depth: float) -> None:
    rng = view.rng
    paint = draw_from(
        rng,
        [
            ((0.0, 1.0), (0.0, 0.08), (0.75, 0.95)),
            ((0.5, 0.7), (0.3, 0.8), (0.25, 0.6)),
            ((0.98, 1.08), (0.4, 0.8), (0.3, 0.7)),
        ],
    )
    sheer = spline(
        np.array([[-0.95, -depth], [-0.2, -0.8 * depth], [0.6, -depth], [1.1, -1.5 * depth]])
    )
    keel = np.array([[0.72, -0.06], [0.55, 0.0], [-0.78, 0.0], [-0.88, -0.06]])
    hull = np.concatenate([sheer, keel])
    view.add([hull], Material(paint, 0.12, 0.03, 8.0, gloss=0.4), 0.09)
    stripe = Material(draw_hsv(rng, (0.0, 1.0), (0.2, 0.9), (0.15, 0.9)), 0.1, 0.05)
    lower, upper = moved(sheer, 0.0, 0.07), moved(sheer, 0.0, 0.02)
    view.add([np.concatenate([lower, upper[::-1]])], stripe)
    bottom = Material(draw_from(rng, [((0.97, 1.05), (0.5, 0.8), (0.2, 0.4))]), 0.2, 0.03)
    paint_line = np.array([[0.79, -0.09], [0.55, 0.0], [-0.78, 0.0], [-0.9, -0.09]])
    view.add([paint_line], bottom)


def _rig(view: SideView, depth: float) -> None:
    """Mast, main sail and jib."""
    rng = view.rng
    height, foot = rng.uniform(1.5, 2.1), rng.uniform(-0.05, 0.2)
    wood = Material(draw_hsv(rng, (0.06, 0.1), (0.1, 0.5), (0.4, 0.8)), 0.1, gloss=0.4)
    cloth = draw_from(
        rng,
        [
            ((0.1, 0.15), (0.02, 0.12), (0.85, 0.97)),
            ((0.98, 1.08), (0.4, 0.75), (0.45, 0.75)),
            ((0.55, 0.6), (0.05, 0.5), (0.6, 0.9)),
        ],
    )
    sail = Material(cloth, 0.12, 0.12, 3.0, 1.4, gloss=0.0)
    boom = -depth - 0.12
    belly = rng.uniform(0.04, 0.12)
    main = spline(np.array([[foot, -height], [-0.4 - belly, -0.6 * height], [-0.85, boom]]))
    view.add([np.concatenate([main, [[foot, boom]]])], sail, 0.05)
    jib = spline(np.array([[foot, -0.9 * height], [0.5, -0.5 * height], [0.98, boom - 0.05]]))
    fore = np.concatenate([jib, [[foot + 0.25, boom + 0.04], [foot + 0.06, -0.5 * height]]])
    view.add([fore], sail, 0.05)
    view.add([capsule((foot, -depth), (foot, -height - 0.06), 0.018)], wood, 0.015)
    view.add([capsule((foot, boom), (-0.87, boom), 0.016)], wood, 0.012)


def _cabin(view: SideView, depth: float) -> None:
    """Wheelhouse, windows, mast and rail."""
    rng = view.rng
    paint = Material(draw_hsv(rng, (0.0, 1.0), (0.0, 0.2), (0.7, 0.95)), 0.1, 0.05, gloss=0.3)
    high, wide = rng.uniform(0.3, 0.5), rng.uniform(0.6, 0.9)
    middle = rng.uniform(-0.35, 0.05)

    def house(width: float, low: float, top: float) -> Points:
        slope = 0.1 * width
        return np.array(
            [
                *([middle - width / 2, low], [middle - width / 2, top]),
                *([middle + width / 2 - slope, top], [middle + width / 2, low]),
            ]
        )

    roof = -depth - high
    view.add([house(wide, -0.8 * depth, roof)], paint, 0.03)
    panes = [
        moved(rounded(rectangle(0.16, 0.13), 0.03), middle + x, roof + 0.13)
        for x in np.arange(-wide / 2 + 0.13, wide / 2 - 0.15, 0.2)
    ]
    view.add(panes, _GLASS, 0.01)
    edge = Material(0.6 * paint.colour, 0.1)
    view.add([capsule((middle - wide / 2 - 0.05, roof), (middle + wide / 2, roof), 0.03)], edge)
    steel = Material(rgb(0.7, 0.7, 0.72), 0.1, gloss=0.5)
    view.add([capsule((middle, roof), (middle, roof - rng.uniform(0.2, 0.5)), 0.014)], steel)
    posts = [
        capsule((x, -depth), (x, -1.25 * depth - 0.16), 0.009) for x in np.arange(0.4, 1.0, 0.14)
    ]
    view.add([*posts], steel)
    view.add([capsule((0.38, -depth - 0.18), (1.0, -1.4 * depth - 0.14), 0.011)], steel)


def _thwarts(view: SideView, depth: float) -> None:
    """The inside of an open boat, its benches and an oar."""
    rng = view.rng
    wood = Material(draw_hsv(rng, (0.05, 0.1), (0.3, 0.6), (0.3, 0.6)), 0.3, 0.02, 12.0)
    planks = [capsule((-0.85, -depth + y), (0.7, -depth + y - 0.02), 0.012) for y in (0.12, 0.19)]
    view.add(planks, Material(0.6 * wood.colour, 0.2))
    view.add([capsule((-0.9, -depth - 0.02), (0.95, -1.3 * depth), 0.025)], wood, 0.02)
    if rng.random() < 0.6:
        view.add([capsule((-0.3, -depth - 0.35), (0.35, -0.25 * depth), 0.018)], wood, 0.01)
        view.add([capsule((0.3, -0.4 * depth), (0.42, -0.05), 0.045)], wood, 0.02)
    motor = Material(rgb(0.12, 0.12, 0.14), 0.1, gloss=0.5)
    if rng.random() < 0.5:
        view.add([moved(rounded(rectangle(0.16, 0.26), 0.05), -0.98, -depth - 0.1)], motor, 0.04)
