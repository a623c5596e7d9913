"""Closed outlines in plane units: the shapes of which objects are built."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""float64 (N, 2): x to the right, y downwards, in plane units (side of the plane = 1)."""


def circle(x: float, y: float, radius: float, *, points: int = 40) -> Points:
    """A circle about (x, y)."""
    turn = np.linspace(0.0, 2.0 * np.pi, points, endpoint=False)
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)


def regular_polygon(x: float, y: float, radius: float, corners: int, angle: float) -> Points:
    """A regular polygon about (x, y), its first corner at `angle` (radians)."""
    turn = angle + np.arange(corners) * 2.0 * np.pi / corners
    return np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], axis=1)


def rectangle(width: float, height: float) -> Points:
    """A rectangle about the origin."""
    x, y = width / 2.0, height / 2.0
    return np.array([[-x, -y], [x, -y], [x, y], [-x, y]])


def capsule(start: tuple[float, float], end: tuple[float, float], radius: float) -> Points:
    """A stadium: all points no farther than `radius` from the segment `start` to `end`."""
    heading = np.arctan2(end[1] - start[1], end[0] - start[0])
    half = np.linspace(-np.pi / 2.0, np.pi / 2.0, 14)
    front = np.asarray(end) + radius * np.stack(
        [np.cos(heading + half), np.sin(heading + half)], axis=1
    )
    back = np.asarray(start) - radius * np.stack(
        [np.cos(heading + half), np.sin(heading + half)], axis=1
    )
    return np.concatenate([front, back])


def rounded(corners: Points, radii: NDArray[np.float64] | float, *, points: int = 7) -> Points:
    """Polygon with its corners replaced by curves that start `radii` before and end after them.

    Args:
        corners: float64 (N, 2), in order.
        radii: one length for all corners, or one per corner, in the units of `corners`.
        points: vertices per corner.
    """
    lengths = np.broadcast_to(np.asarray(radii, np.float64), (len(corners),))
    share = np.linspace(0.0, 1.0, points)[:, None]
    pieces = []
    for index, corner in enumerate(corners):
        before = corners[index - 1] - corner
        after = corners[(index + 1) % len(corners)] - corner
        start = corner + before / np.linalg.norm(before) * lengths[index]
        end = corner + after / np.linalg.norm(after) * lengths[index]
        curve = (1 - share) ** 2 * start + 2 * share * (1 - share) * corner + share**2 * end
        pieces.append(curve)
    return np.concatenate(pieces)


def stroke(path: Points, radius: float) -> Points:
    """The outline of a line of half-width `radius` along `path` (N, 2), with flat ends."""
    tangent = np.gradient(path, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * radius
    return np.concatenate([path + normal, (path - normal)[::-1]])


def spline(controls: Points, *, points: int = 40) -> Points:
    """A smooth open curve (points, 2) through the neighbourhood of `controls` (N, 2)."""
    degree = len(controls) - 1
    share = np.linspace(0.0, 1.0, points)
    layer = [np.broadcast_to(control, (points, 2)) for control in controls]
    for _ in range(degree):
        layer = [
            (1 - share)[:, None] * first + share[:, None] * second
            for first, second in pairwise(layer)
        ]
    return np.array(layer[0])


def moved(outline: Points, x: float, y: float, *, angle: float = 0.0, scale: float = 1.0) -> Points:
    """`outline` scaled, turned by `angle` (radians, x towards y), then shifted to (x, y)."""
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    return scale * outline @ turn + np.array([x, y])
