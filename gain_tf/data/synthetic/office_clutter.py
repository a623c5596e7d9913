"""Things that lie about on desks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gain_tf.data.synthetic.colour import draw_from, draw_hsv, rgb
from gain_tf.data.synthetic.drawing import Material, Plane
from gain_tf.data.synthetic.outlines import (
    capsule,
    circle,
    moved,
    rectangle,
    rounded,
    spline,
    stroke,
)

Item = Callable[[np.random.Generator, Plane, float, float], None]
"""Draws one object about (x, y), plane units, at a random angle."""

_ANY_HUE = (0.0, 1.0)


def pen(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A pen or pencil with a tip and a clip."""
    angle, length, radius = rng.uniform(0.0, 2 * np.pi), rng.uniform(0.3, 0.5), 0.014
    body = Material(draw_hsv(rng, _ANY_HUE, (0.0, 0.9), (0.1, 0.9)), grain=0.04, gloss=0.6)
    metal = Material(rgb(0.7, 0.7, 0.72), grain=0.1, gloss=0.7)
    tip = np.array([[0.0, -0.9], [2.6, -0.25], [2.6, 0.25], [0.0, 0.9]]) * radius
    barrel = capsule((-length / 2, 0.0), (length / 2, 0.0), radius)
    clip = capsule((-length / 2 + 0.01, 0.0), (-length / 4, 0.0), 0.3 * radius)
    nose = tip + np.array([length / 2 + 0.6 * radius, 0.0])
    stamp = plane.stamp
    stamp(rng, [moved(nose, x, y, angle=angle)], metal, thickness=0.01, bevel=radius)
    stamp(rng, [moved(barrel, x, y, angle=angle)], body, thickness=0.024, bevel=radius)
    stamp(rng, [moved(clip, x, y, angle=angle)], metal, thickness=0.006, bevel=0.004)


def coin(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """One to three coins with a raised rim."""
    for _ in range(int(rng.integers(1, 4))):
        radius = rng.uniform(0.028, 0.045)
        metal = draw_from(
            rng,
            [
                ((0.08, 0.13), (0.3, 0.6), (0.5, 0.75)),
                ((0.5, 0.65), (0.0, 0.1), (0.5, 0.75)),
                ((0.03, 0.06), (0.4, 0.65), (0.4, 0.6)),
            ],
        )
        material = Material(metal, grain=0.12, cell=0.012, gloss=0.6)
        plane.stamp(rng, [circle(x, y, radius)], material, thickness=0.008, bevel=0.005)
        inner = [circle(x, y, 0.78 * radius)]
        plane.stamp(rng, inner, Material(0.9 * metal, grain=0.4, cell=0.01), thickness=0, bevel=0.0)
        x, y = x + rng.normal(0.0, 0.08), y + rng.normal(0.0, 0.08)


def sticky_note(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A sticky note with a few written lines."""
    angle, side = rng.uniform(0.0, 2 * np.pi), rng.uniform(0.16, 0.24)
    colour = draw_from(
        rng, [((0.12, 0.17), (0.35, 0.7), (0.8, 0.95)), (_ANY_HUE, (0.25, 0.6), (0.75, 0.95))]
    )
    square = moved(rectangle(side, side), x, y, angle=angle)
    plane.stamp(rng, [square], Material(colour, 0.05, 0.1), thickness=0.006, bevel=0.0)
    rows = int(rng.integers(3, 7))
    _write(rng, plane, x, y, angle=angle, width=side, height=side, rows=rows)


def sheet(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A sheet of paper or a card with print on it."""
    angle = rng.uniform(0.0, 2 * np.pi)
    width, height = rng.uniform(0.25, 0.5), rng.uniform(0.3, 0.55)
    colour = draw_hsv(rng, _ANY_HUE, (0.0, 0.15), (0.7, 0.92))
    page = moved(rectangle(width, height), x, y, angle=angle)
    plane.stamp(rng, [page], Material(colour, 0.04, 0.15), thickness=0.004, bevel=0.0)
    rows = int(rng.integers(9, 18))
    _write(rng, plane, x, y, angle=angle, width=width, height=height, rows=rows)


def _write(
    rng: np.random.Generator,
    plane: Plane,
    x: float,
    y: float,
    *,
    angle: float,
    width: float,
    height: float,
    rows: int,
) -> None:
    ink = Material(draw_hsv(rng, (0.5, 1.05), (0.0, 0.6), (0.2, 0.5)), 0.9, 0.01)
    lines = []
    thin = 0.12 * height / rows
    for row in np.linspace(-0.36, 0.3, rows) * height:
        left, right = -0.4 * width, (0.4 if rng.random() < 0.7 else rng.uniform(-0.2, 0.3)) * width
        bar = np.array(
            [[left, row - thin], [right, row - thin], [right, row + thin], [left, row + thin]]
        )
        lines.append(moved(bar, x, y, angle=angle))
    plane.stamp(rng, lines, ink, thickness=0.0, bevel=0.0)


def cup(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A cup of coffee or tea from above."""
    radius, angle = rng.uniform(0.13, 0.19), rng.uniform(0.0, 2 * np.pi)
    china = Material(draw_hsv(rng, _ANY_HUE, (0.0, 0.5), (0.3, 0.95)), 0.03, 0.1, gloss=0.5)
    brew = Material(draw_hsv(rng, (0.03, 0.09), (0.5, 0.85), (0.12, 0.4)), 0.12, 0.08, gloss=0.2)
    outer, inner = capsule((0.0, 0.0), (1.55, 0.0), 0.32), capsule((0.0, 0.0), (1.45, 0.0), 0.16)
    handle = [moved(outline, x, y, angle=angle, scale=radius) for outline in (outer, inner)]
    plane.stamp(rng, handle, china, thickness=0.05, bevel=0.01)
    plane.stamp(rng, [circle(x, y, radius)], china, thickness=0.09, bevel=0.03)
    plane.stamp(rng, [circle(x, y, 0.84 * radius)], brew, thickness=0.0, bevel=0.0)
    lamp = plane.light.horizontal
    wall = [
        circle(x, y, 0.85 * radius),
        circle(x - 0.1 * radius * lamp[0], y - 0.1 * radius * lamp[1], 0.75 * radius),
    ]
    plane.stamp(rng, wall, Material(0.45 * china.colour, 0.03), thickness=0.0, bevel=0.0)


def cable(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A cable that comes from beyond the edge, curls and leaves."""
    heading = rng.uniform(0.0, 2 * np.pi)
    way = np.array([np.cos(heading), np.sin(heading)])
    middle = np.array([x, y])
    knots = [middle - 0.9 * way, *(middle + rng.normal(0.0, 0.3, (3, 2))), middle + 0.9 * way]
    path = spline(np.array(knots), points=48)
    radius = rng.uniform(0.008, 0.015)
    colour = draw_from(
        rng, [(_ANY_HUE, (0.0, 0.1), (0.08, 0.3)), (_ANY_HUE, (0.0, 0.8), (0.4, 0.9))]
    )
    rubber = Material(colour, 0.0, gloss=0.35)
    plane.stamp(rng, [stroke(path, radius)], rubber, thickness=2 * radius, bevel=radius)


def ruler(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """A ruler with its marks."""
    angle, length, width = rng.uniform(0.0, 2 * np.pi), rng.uniform(0.5, 0.9), 0.075
    colour = draw_from(
        rng, [((0.08, 0.14), (0.2, 0.6), (0.6, 0.9)), (_ANY_HUE, (0.0, 0.25), (0.4, 0.85))]
    )
    strip = moved(rectangle(length, width), x, y, angle=angle)
    plane.stamp(rng, [strip], Material(colour, 0.05, 0.02), thickness=0.008, bevel=0.004)
    marks = []
    for number, along in enumerate(np.arange(-length / 2 + 0.02, length / 2 - 0.02, 0.02)):
        depth = 0.03 if number % 5 == 0 else 0.018
        tick = rectangle(0.004, depth) + np.array([along, -width / 2 + depth / 2])
        marks.append(moved(tick, x, y, angle=angle))
    ink = Material(rgb(0.1, 0.1, 0.1), 0.0)
    plane.stamp(rng, marks, ink, thickness=0.0, bevel=0.0)


def eraser(rng: np.random.Generator, plane: Plane, x: float, y: float) -> None:
    """An eraser, a memory stick or a small box: a rounded block in two colours."""
    angle, length = rng.uniform(0.0, 2 * np.pi), rng.uniform(0.1, 0.2)
    width = length * rng.uniform(0.4, 0.6)
    block = rounded(rectangle(length, width), 0.015)
    sleeve = rectangle(0.6 * length, width) + np.array([-0.15 * length, 0.0])
    first = Material(draw_hsv(rng, _ANY_HUE, (0.0, 0.4), (0.5, 0.95)), 0.08, 0.02)
    second = Material(draw_hsv(rng, _ANY_HUE, (0.2, 0.9), (0.15, 0.8)), 0.05, 0.02)
    stamp = plane.stamp
    stamp(rng, [moved(block, x, y, angle=angle)], first, thickness=0.035, bevel=0.012)
    stamp(rng, [moved(sleeve, x, y, angle=angle)], second, thickness=0.004, bevel=0.004)


OFFICE_ITEMS: tuple[Item, ...] = (pen, coin, sticky_note, sheet, cup, cable, ruler, eraser)
"""Every kind of office clutter."""
