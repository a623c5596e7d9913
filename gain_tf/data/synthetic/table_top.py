"""A table top of one of the settings, with what lies about on it, to be photographed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gain_tf.data.synthetic.compositing import spread
from gain_tf.data.synthetic.domains import Setting, Texture
from gain_tf.data.synthetic.drawing import Plane
from gain_tf.data.synthetic.light import Light
from gain_tf.data.synthetic.patterns import coordinates, lines
from gain_tf.data.synthetic.photograph import Exposure, Viewpoint, develop, plane_side
from gain_tf.data.synthetic.placement import places_beside


@dataclass(frozen=True)
class Look:
    """How a table is lit and photographed.

    Attributes:
        view: the camera.
        light: the lamp.
        exposure: of the photograph.
    """

    view: Viewpoint
    light: Light
    exposure: Exposure


def draw_look(rng: np.random.Generator, setting: Setting) -> Look:
    """A camera, a lamp and an exposure of one of the settings."""
    return Look(setting.draw_viewpoint(rng), setting.draw_light(rng), setting.draw_exposure(rng))


@dataclass(frozen=True)
class TableTop:
    """A lit table and a camera over it.

    Attributes:
        setting: what it was drawn from.
        plane: the table, drawn into in place.
        view: the camera.
        exposure: of the photograph.
    """

    setting: Setting
    plane: Plane
    view: Viewpoint
    exposure: Exposure

    def scatter(self, rng: np.random.Generator, x: float, y: float, clearance: float) -> None:
        """Put down clutter, most of it at least `clearance` from (x, y), plane units."""
        items = self.setting.items
        fewest, most = self.setting.item_count
        for place in places_beside(rng, int(rng.integers(fewest, most + 1)), x, y, clearance):
            items[int(rng.integers(len(items)))](rng, self.plane, *place)

    def cast_bars(self, rng: np.random.Generator) -> None:
        """At times, lay hard shadows of things out of view over everything."""
        if rng.random() < self.setting.shadow_bars:
            side = self.plane.side
            _, across = coordinates(side, rng.uniform(0.0, np.pi))
            width = rng.uniform(0.06, 0.16)
            bars = lines(across + rng.random(), rng.uniform(0.35, 0.9), width, side)
            shade = np.float32(0.55 * self.plane.light.strength) * bars
            self.plane.pixels *= spread(1.0 - shade)

    def photograph(self, rng: np.random.Generator, size: int) -> NDArray[np.uint8]:
        """The picture, uint8 (size, size, 3) RGB; `rng` makes the noise of the sensor."""
        return develop(rng, self.view.view(self.plane.pixels, size), self.exposure)


def set_table(
    look: Look,
    surface: np.random.Generator,
    setting: Setting,
    texture: Texture,
    size: int,
) -> TableTop:
    """An empty table.

    Args:
        look: how it is lit and photographed.
        surface: source of the table's surface.
        setting: what lies about on it.
        texture: kind of surface.
        size: side of the picture in pixels.
    """
    pixels = np.ascontiguousarray(texture(surface, plane_side(size)), np.float32)
    return TableTop(setting, Plane(pixels, look.light), look.view, look.exposure)
