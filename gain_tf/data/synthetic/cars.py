"""Cars from the side: saloons, hatchbacks and vans."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.colour import draw_from, rgb
from gain_tf.data.synthetic.drawing import Material
from gain_tf.data.synthetic.outlines import circle, moved, rectangle, regular_polygon, rounded
from gain_tf.data.synthetic.side_view import SideView

_GLASS = Material(rgb(0.16, 0.2, 0.24), 0.35, 0.15, gloss=0.8)
_RUBBER = Material(rgb(0.07, 0.07, 0.08), 0.2, 0.01)

_ROOFS = (
    ((-0.98, -0.5), (-0.62, -0.54), (-0.4, -0.83), (0.18, -0.84), (0.5, -0.54), (0.95, -0.44)),
    ((-0.98, -0.56), (-0.86, -0.86), (0.14, -0.88), (0.46, -0.56), (0.95, -0.46)),
    ((-0.99, -1.0), (0.4, -1.02), (0.72, -0.62), (0.97, -0.5)),
)
"""The line from the tail over the roof to the nose."""

_PANES = (
    (
        ((-0.55, -0.56), (-0.38, -0.78), (-0.12, -0.79), (-0.12, -0.56)),
        ((-0.07, -0.56), (-0.07, -0.79), (0.15, -0.79), (0.38, -0.56)),
    ),
    (
        ((-0.82, -0.58), (-0.76, -0.8), (-0.28, -0.82), (-0.28, -0.58)),
        ((-0.22, -0.58), (-0.22, -0.82), (0.11, -0.82), (0.35, -0.58)),
    ),
    (
        ((0.06, -0.62), (0.06, -0.94), (0.37, -0.94), (0.6, -0.62)),
        ((-0.4, -0.62), (-0.4, -0.92), (-0.02, -0.92), (-0.02, -0.62)),
    ),
)


def draw_car(view: SideView) -> None:
    """A car of any kind, nose to the right."""
    rng = view.rng
    kind = int(rng.integers(3))
    colour = draw_from(
        rng,
        [
            ((0.0, 1.0), (0.0, 0.08), (0.15, 0.95)),
            ((0.97, 1.04), (0.6, 0.9), (0.4, 0.8)),
            ((0.55, 0.66), (0.4, 0.85), (0.3, 0.7)),
            ((0.0, 1.0), (0.2, 0.8), (0.35, 0.85)),
        ],
    )
    paint = Material(colour, 0.05, 0.2, gloss=0.7)
    roof = _ROOFS[kind]
    sill = ((0.99, -0.24), (0.97, -0.14), (-0.97, -0.14), (-1.0, -0.28))
    body = np.array([*roof, *sill])
    radii = np.full(len(body), 0.06)
    view.add([rounded(body, radii)], paint, 0.12)
    view.add([np.array(pane) for pane in _PANES[kind]], _GLASS, 0.015)
    shade = Material(0.55 * colour, 0.0)
    seam = -0.1 if kind < 2 else 0.02
    doors = [moved(rectangle(0.012, 0.36), x, -0.36) for x in (seam, seam - 0.4, seam + 0.42)]
    view.add([*doors, moved(rectangle(1.9, 0.02), 0.0, -0.24)], shade)
    view.add([moved(rectangle(0.09, 0.02), seam - 0.1, -0.47)], Material(1.2 * colour, 0.0), 0.006)
    view.add([moved(rounded(rectangle(0.1, 0.09), 0.03), 0.9, -0.38)], _lamp(1.0, 0.95, 0.8), 0.03)
    view.add([moved(rounded(rectangle(0.06, 0.12), 0.02), -0.94, -0.42)], _lamp(0.75, 0.1, 0.08))
    view.add([moved(rectangle(1.96, 0.05), 0.0, -0.13)], Material(rgb(0.12, 0.12, 0.13), 0.1))
    steel = Material(rgb(0.62, 0.63, 0.65) * rng.uniform(0.7, 1.2), 0.1, gloss=0.6)
    for x in (-0.58, 0.6):
        view.add([circle(x, -0.17, 0.2)], Material(rgb(0.04, 0.04, 0.05), 0.0))
        view.add([circle(x, -0.155, 0.165)], _RUBBER, 0.04)
        view.add([circle(x, -0.155, 0.1)], steel, 0.03)
        bolts = regular_polygon(x, -0.155, 0.055, 5, rng.uniform(0.0, np.pi))
        view.add([circle(a, b, 0.018, points=8) for a, b in bolts], _RUBBER)


def _lamp(red: float, green: float, blue: float) -> Material:
    return Material(rgb(red, green, blue), 0.1, gloss=0.8)
