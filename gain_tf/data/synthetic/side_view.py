"""Things seen from the side: they stand on a ground, throw a shadow, or mirror themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from gain_tf.data.synthetic.compositing import spread
from gain_tf.data.synthetic.drawing import Material, Plane, Window, blurred, coverage, window_around
from gain_tf.data.synthetic.noise import FloatImage, value_noise
from gain_tf.data.synthetic.outlines import Points

_FLATTENED = 0.75
"""Height of a mirror image relative to the thing."""


@dataclass(frozen=True)
class Stand:
    """Where a thing stands.

    Its own units: x from -1 to 1 along it, y upwards negative, 0 where it touches the ground.

    Attributes:
        x: middle, plane units.
        y: foot, plane units.
        scale: plane units to one of its own.
        left: whether it looks left.
        sunk: how deep it lies in the ground, own units.
    """

    x: float
    y: float
    scale: float
    left: bool = False
    sunk: float = 0.0

    def place(self, outline: Points) -> Points:
        """An outline in own units, in plane units; nothing below the ground."""
        way = np.array([-1.0 if self.left else 1.0, 1.0])
        above = np.stack([outline[:, 0], np.minimum(outline[:, 1] + self.sunk, 0.0)], axis=1)
        return self.scale * above * way + np.array([self.x, self.y])


class SideView:
    """A thing as it is drawn, piece by piece, and what it covers.

    Args:
        rng: source of the grain of its pieces.
        plane: drawn into.
        stand: where it stands.
    """

    def __init__(self, rng: np.random.Generator, plane: Plane, stand: Stand) -> None:
        self.rng, self.plane, self.stand = rng, plane, stand
        self.covered: FloatImage = np.zeros((plane.side, plane.side), np.float32)

    def add(self, outlines: Sequence[Points], material: Material, bevel: float = 0.0) -> None:
        """Draw a piece.

        Args:
            outlines: in own units, holes inside.
            material: its look; cells of its grain in own units.
            bevel: radius of its rim, own units.
        """
        side, scale = self.plane.side, self.stand.scale
        placed = [self.stand.place(outline) for outline in outlines]
        scaled = replace(material, cell=material.cell * scale)
        self.plane.stamp(self.rng, placed, scaled, thickness=0.0, bevel=bevel * scale)
        if window := window_around(placed, side, 0.01):
            target = self.covered[window.slices]
            np.maximum(target, coverage(placed, window, side), out=target)

    def shade_ground(self) -> None:
        """Lay the thing's shadow on the ground, before it is drawn."""
        side, stand, light = self.plane.side, self.stand, self.plane.light
        turn = np.linspace(0.0, 2.0 * np.pi, 32, endpoint=False)
        shift = -0.35 * light.horizontal[0]
        oval = np.stack([shift + 1.05 * np.cos(turn), 0.09 * np.sin(turn)], axis=1)
        points = oval * stand.scale + np.array([stand.x, stand.y])
        shadow = coverage([points], Window(0, 0, side, side), side)
        soft = blurred(shadow, 0.06 * stand.scale * side)
        self.plane.pixels *= spread(1.0 - np.float32(1.3 * light.strength) * soft)

    def mirror(self) -> None:
        """Mirror what is drawn in the water before it, broken by waves."""
        side, foot = self.plane.side, self.stand.y * self.plane.side
        x, y = np.meshgrid(np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32))
        depth = (y - np.float32(foot)) / np.float32(_FLATTENED)
        waves = value_noise(self.rng, (side, side), 0.008 * side, stretch=6.0) - 0.5
        from_x = x + np.float32(0.05 * self.stand.scale * side) * waves * np.clip(depth, 0.0, 12.0)
        from_y = np.float32(foot) - depth

        def looked_up(image: FloatImage) -> FloatImage:
            return np.asarray(cv2.remap(image, from_x, from_y, cv2.INTER_LINEAR), np.float32)

        opacity = 0.5 * looked_up(self.covered) * (depth > 0.0) * (1.0 - self.covered)
        mirrored = 0.8 * looked_up(np.ascontiguousarray(self.plane.pixels))
        self.plane.pixels += spread(opacity) * (mirrored - self.plane.pixels)
