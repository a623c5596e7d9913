"""The two worlds of the workpiece data set: the office it is learnt in, the machine it works in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gain_tf.data.synthetic.cloths import fabric, weave
from gain_tf.data.synthetic.colour import Range
from gain_tf.data.synthetic.desks import cutting_mat, paper, wood
from gain_tf.data.synthetic.light import Light
from gain_tf.data.synthetic.machine_clutter import MACHINE_ITEMS
from gain_tf.data.synthetic.noise import FloatImage
from gain_tf.data.synthetic.office_clutter import OFFICE_ITEMS, Item
from gain_tf.data.synthetic.photograph import Exposure, Viewpoint

Domain = Literal["office", "machine"]
Texture = Callable[[np.random.Generator, int], FloatImage]

DESKS: tuple[tuple[str, Texture], ...] = (
    ("wood", wood),
    ("cutting mat", cutting_mat),
    ("paper", paper),
    ("fabric", fabric),
    ("weave", weave),
)
"""Name and texture of every desk family; family k < 4 is the own desk of orientation k."""

PART_SCALE = 0.256
"""Nominal half length of the part in an office image, plane units."""


@dataclass(frozen=True)
class Setting:
    """What distinguishes a domain; all ranges are drawn from uniformly.

    Attributes:
        scale: size of the part relative to `PART_SCALE`.
        tilt: largest perspective along each axis, see `Viewpoint`.
        level: brightness of the light.
        warmth: change of red up and of blue down.
        green: change of green.
        elevation: of the lamp, degrees.
        softness: of shadows.
        strength: of shadows.
        contrast: of relief.
        gradient: largest change of brightness across the picture.
        vignette: loss of brightness in the corners.
        blur: of the lens, share of the image side.
        noise: of the sensor.
        items: kinds of clutter.
        item_count: fewest and most pieces of clutter.
        shadow_bars: probability of hard shadows of things out of view.
    """

    scale: Range
    tilt: float
    level: Range
    warmth: Range
    green: Range
    elevation: Range
    softness: Range
    strength: Range
    contrast: Range
    gradient: float
    vignette: Range
    blur: Range
    noise: Range
    items: tuple[Item, ...]
    item_count: tuple[int, int]
    shadow_bars: float

    def draw_light(self, rng: np.random.Generator) -> Light:
        """A lamp of this domain, from any side."""
        return Light(
            azimuth=rng.uniform(0.0, 2.0 * np.pi),
            elevation=float(np.radians(rng.uniform(*self.elevation))),
            softness=rng.uniform(*self.softness),
            strength=rng.uniform(*self.strength),
            contrast=rng.uniform(*self.contrast),
        )

    def draw_viewpoint(self, rng: np.random.Generator) -> Viewpoint:
        """A camera of this domain."""
        x, y = rng.uniform(-self.tilt, self.tilt, 2)
        return Viewpoint((float(x), float(y)))

    def draw_exposure(self, rng: np.random.Generator) -> Exposure:
        """A photograph of this domain."""
        warmth, green = rng.uniform(*self.warmth), rng.uniform(*self.green)
        x, y = rng.uniform(-self.gradient, self.gradient, 2)
        return Exposure(
            level=rng.uniform(*self.level),
            cast=np.array([1.0 + warmth, 1.0 + green, 1.0 - warmth], np.float32),
            gradient=(float(x), float(y)),
            vignette=rng.uniform(*self.vignette),
            blur=rng.uniform(*self.blur),
            noise=rng.uniform(*self.noise),
            contrast=rng.uniform(0.85, 1.15),
            quality=int(rng.integers(72, 96)),
        )


SETTINGS: dict[Domain, Setting] = {
    "office": Setting(
        scale=(0.92, 1.08),
        tilt=0.03,
        level=(0.85, 1.15),
        warmth=(-0.06, 0.1),
        green=(-0.02, 0.02),
        elevation=(48.0, 72.0),
        softness=(0.3, 0.7),
        strength=(0.3, 0.55),
        contrast=(0.4, 0.7),
        gradient=0.18,
        vignette=(0.0, 0.2),
        blur=(0.001, 0.005),
        noise=(0.008, 0.025),
        items=OFFICE_ITEMS,
        item_count=(1, 4),
        shadow_bars=0.0,
    ),
    "machine": Setting(
        scale=(0.6, 1.4),
        tilt=0.08,
        level=(0.5, 0.9),
        warmth=(-0.14, 0.1),
        green=(-0.03, 0.08),
        elevation=(35.0, 60.0),
        softness=(0.03, 0.2),
        strength=(0.5, 0.72),
        contrast=(0.6, 1.0),
        gradient=0.3,
        vignette=(0.05, 0.3),
        blur=(0.001, 0.006),
        noise=(0.012, 0.035),
        items=MACHINE_ITEMS,
        item_count=(2, 6),
        shadow_bars=0.4,
    ),
}
"""The two domains of the workpiece data set."""
