"""Things around a workpiece inside a machine."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.colour import draw_from, rgb
from gain_tf.data.synthetic.drawing import Material, Plane
from gain_tf.data.synthetic.office_clutter import Item
from gain_tf.data.synthetic.outlines import (
    capsule,
    circle,
    moved,
    rectangle,
    regular_polygon,
    rounded,
    spline,
    stroke,
)


def _metal(rng: np.random.Generator) -> Material:
    colour = draw_from(
        rng,
        [
            ((0.5, 0.65), (0.0, 0.1), (0.45, 0.9)),
            ((0.05, 0.14), (0.03, 0.3), (0.3, 0.7)),
            ((0.5, 0.7), (0.05, 0.2), (0.12, 0.35)),
        ],
    )
    angle = rng.uniform(0.0, np.pi)
    return Material(colour, rng.uniform(0.08, 0.25), 0.004, 20.0, angle, gloss=0.5)


def bolt(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A hexagon bolt on a washer, or a socket screw."""
    radius, angle = rng.uniform(0.035, 0.06), rng.uniform(0.0, np.pi)
    metal = _metal(rng)
    stamp = plane.stamp
    stamp(rng, [circle(x, y, 1.5 * radius)], metal, thickness=0.008, bevel=0.006)
    if rng.random() < 0.5:
        head = regular_polygon(x, y, 1.1 * radius, 6, angle)
        stamp(rng, [head], metal, thickness=0.05, bevel=0.35 * radius)
        stamp(rng, [circle(x, y, 0.55 * radius)], metal, thickness=0.0, bevel=0.004)
    else:
        stamp(rng, [circle(x, y, radius)], metal, thickness=0.05, bevel=0.2 * radius)
        socket = [regular_polygon(x, y, 0.55 * radius, 6, angle)]
        hollow = Material(0.25 * metal.colour, 0.2)
        stamp(rng, socket, hollow, thickness=0.0, bevel=0.0)


def plate(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A bolted plate or clamp with holes."""
    angle = rng.uniform(0.0, 2 * np.pi)
    width, height = rng.uniform(0.2, 0.5), rng.uniform(0.14, 0.4)
    outline = rounded(rectangle(width, height), 0.025)
    inset = np.array([width / 2 - 0.045, height / 2 - 0.045])
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * inset
    contours = [outline, *(circle(corner[0], corner[1], 0.018, points=20) for corner in corners)]
    placed = [moved(contour, x, y, angle=angle) for contour in contours]
    plane.stamp(rng, placed, _metal(rng), thickness=rng.uniform(0.02, 0.05), bevel=0.01)
    if rng.random() < 0.6:
        bolt(rng, plane, x, y)


def hose(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A cable or coolant hose right across the view."""
    heading = rng.uniform(0.0, 2 * np.pi)
    way = np.array([np.cos(heading), np.sin(heading)])
    middle = np.array([x, y])
    knots = [middle - way, *(middle + rng.normal(0.0, 0.25, (2, 2))), middle + way]
    path = spline(np.array(knots), points=40)
    radius = rng.uniform(0.012, 0.032)
    colour = draw_from(
        rng,
        [
            ((0.0, 1.0), (0.0, 0.15), (0.06, 0.3)),
            ((0.0, 0.18), (0.4, 0.85), (0.3, 0.8)),
            ((0.5, 0.68), (0.3, 0.8), (0.3, 0.7)),
        ],
    )
    rubber = Material(colour, 0.0, gloss=0.5)
    plane.stamp(rng, [stroke(path, radius)], rubber, thickness=2.5 * radius, bevel=radius)


def rail(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A guide rail or shaft right across the view."""
    angle, width = rng.uniform(0.0, np.pi), rng.uniform(0.06, 0.16)
    strip = moved(rectangle(2.2, width), x, y, angle=angle)
    plane.stamp(
        rng,
        [strip],
        _metal(rng),
        thickness=rng.uniform(0.02, 0.07),
        bevel=width * rng.choice([0.08, 0.5]),
    )


def swarf(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """Metal chips, scattered."""
    chips = []
    for _ in range(int(rng.integers(5, 14))):
        start = np.array([x, y]) + rng.normal(0.0, 0.1, 2)
        path = spline(start + np.cumsum(rng.normal(0.0, 0.018, (4, 2)), axis=0), points=8)
        chips.append(stroke(path, 0.0035))
    bright = Material(rgb(0.85, 0.84, 0.8) * rng.uniform(0.6, 1.1), 0.4, 0.01, gloss=0.8)
    plane.stamp(rng, chips, bright, thickness=0.008, bevel=0.003)


def label(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A warning label or type plate."""
    angle = rng.uniform(0.0, 2 * np.pi)
    width, height = rng.uniform(0.16, 0.3), rng.uniform(0.1, 0.16)
    colour = draw_from(
        rng,
        [
            ((0.1, 0.16), (0.4, 0.85), (0.6, 0.9)),
            ((0.0, 1.0), (0.0, 0.3), (0.5, 0.9)),
            ((0.55, 0.65), (0.3, 0.7), (0.3, 0.6)),
        ],
    )
    tag = moved(rounded(rectangle(width, height), 0.01), x, y, angle=angle)
    plane.stamp(rng, [tag], Material(colour, 0.1, 0.03), thickness=0.003, bevel=0.0)
    bars = []
    for row in np.linspace(-0.32, 0.32, 5) * height:
        right = rng.uniform(0.1, 0.4) * width
        bar = capsule((-0.35 * width, row), (right, row), 0.0035)
        bars.append(moved(bar, x, y, angle=angle))
    plane.stamp(rng, bars, Material(rgb(0.1, 0.1, 0.1), 0.2), thickness=0.0, bevel=0.0)


MACHINE_ITEMS: tuple[Item, ...] = (bolt, plate, hose, rail, swarf, label, bolt, plate)
"""Every kind of machine clutter; bolts and plates twice, as they are the most common."""
