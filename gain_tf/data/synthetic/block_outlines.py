"""Outlines of twenty toy blocks, each about as large as a disc of radius 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gain_tf.data.synthetic.outlines import (
    Points,
    capsule,
    circle,
    rectangle,
    regular_polygon,
    rounded,
)

Contours = Sequence[Points]
"""Outlines; one inside another is a hole."""


def _star(points: int, inner: float) -> Points:
    outer_ring = regular_polygon(0.0, 0.0, 1.2, points, -np.pi / 2)
    inner_ring = regular_polygon(0.0, 0.0, inner, points, -np.pi / 2 + np.pi / points)
    return np.stack([outer_ring, inner_ring], axis=1).reshape(-1, 2)


def _heart() -> Points:
    turn = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    x = 16.0 * np.sin(turn) ** 3
    y = -(13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn))
    return np.stack([x, y], axis=1) / 14.0


def _gear(teeth: int) -> Points:
    turn = np.linspace(0.0, 2.0 * np.pi, 16 * teeth, endpoint=False)
    radius = 0.97 + 0.17 * np.tanh(4.0 * np.sin(teeth * turn))
    return np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1)


def _crescent() -> Points:
    outer = np.linspace(0.6, 2 * np.pi - 0.6, 40)
    inner = np.linspace(2 * np.pi - 0.85, 0.85, 40)
    far = np.stack([1.15 * np.cos(outer), 1.15 * np.sin(outer)], axis=1)
    near = np.stack([0.42 + 0.8 * np.cos(inner), 0.86 * np.sin(inner)], axis=1)
    return np.concatenate([far, near])


def _drop() -> Points:
    turn = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
    return np.stack([0.95 * np.sin(turn) * np.sin(turn / 2) ** 1.4, -1.25 * np.cos(turn)], axis=1)


def _half_disc() -> Points:
    turn = np.linspace(np.pi, 2.0 * np.pi, 32)
    return np.stack([1.25 * np.cos(turn), 0.6 + 1.25 * np.sin(turn)], axis=1)


def _polygon(*corners: tuple[float, float]) -> Points:
    return np.array(corners)


OUTLINES: Mapping[str, Callable[[], Contours]] = {
    "disc": lambda: [circle(0.0, 0.0, 1.0, points=56)],
    "triangle": lambda: [rounded(regular_polygon(0.0, 0.1, 1.3, 3, -np.pi / 2), 0.2)],
    "star": lambda: [_star(5, 0.55)],
    "cross": lambda: [
        _polygon(
            *((-0.35, -1.1), (0.35, -1.1), (0.35, -0.35), (1.1, -0.35), (1.1, 0.35), (0.35, 0.35)),
            *((0.35, 1.1), (-0.35, 1.1), (-0.35, 0.35), (-1.1, 0.35), (-1.1, -0.35)),
            (-0.35, -0.35),
        )
    ],
    "ring": lambda: [circle(0.0, 0.0, 1.1, points=56), circle(0.0, 0.0, 0.58, points=40)],
    "bar": lambda: [rounded(rectangle(2.5, 0.8), 0.08)],
    "square": lambda: [rounded(rectangle(1.8, 1.8), 0.12)],
    "heart": lambda: [_heart()],
    "gear": lambda: [_gear(9), circle(0.0, 0.0, 0.32, points=24)],
    "crescent": lambda: [_crescent()],
    "arrow": lambda: [
        _polygon(
            *((-1.2, -0.3), (0.1, -0.3), (0.1, -0.85), (1.2, 0.0), (0.1, 0.85), (0.1, 0.3)),
            (-1.2, 0.3),
        )
    ],
    "hexagon": lambda: [regular_polygon(0.0, 0.0, 1.1, 6, 0.0)],
    "drop": lambda: [_drop()],
    "half disc": lambda: [_half_disc()],
    "angle": lambda: [
        _polygon((-1.0, -1.0), (-0.3, -1.0), (-0.3, 0.4), (1.0, 0.4), (1.0, 1.1), (-1.0, 1.1))
    ],
    "tee": lambda: [
        _polygon(
            *((-1.1, -1.0), (1.1, -1.0), (1.1, -0.35), (0.33, -0.35), (0.33, 1.1), (-0.33, 1.1)),
            *((-0.33, -0.35), (-1.1, -0.35)),
        )
    ],
    "kite": lambda: [_polygon((0.0, -1.1), (0.75, -0.25), (0.0, 1.4), (-0.75, -0.25))],
    "bolt": lambda: [
        _polygon(
            *((0.35, -1.3), (-0.75, 0.2), (-0.1, 0.2), (-0.4, 1.3), (0.8, -0.35), (0.1, -0.35))
        )
    ],
    "frame": lambda: [rounded(rectangle(2.2, 1.7), 0.1), rounded(rectangle(1.3, 0.8), 0.1)],
    "pill": lambda: [capsule((-0.6, 0.0), (0.6, 0.0), 0.6)],
}
"""Each block by its name; the first six are the classes of the small world."""
