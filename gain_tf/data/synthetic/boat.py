"""Scenes of the boat data set: things that are nearly always seen with their surroundings.

Boats on water, cars on roads, sheep on meadows; sand, snow and soil are nobody's own. A network
trained where the two go together may learn the water and call it a boat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from gain_tf.data.synthetic.animals import bumpy, draw_sheep
from gain_tf.data.synthetic.boats import draw_boat
from gain_tf.data.synthetic.cars import draw_car
from gain_tf.data.synthetic.colour import draw_from
from gain_tf.data.synthetic.domains import SETTINGS, Texture
from gain_tf.data.synthetic.drawing import Material, Plane
from gain_tf.data.synthetic.grounds import meadow, road, sand, snow, soil, water
from gain_tf.data.synthetic.noise import FloatImage
from gain_tf.data.synthetic.outdoors import Landscape, landscape
from gain_tf.data.synthetic.photograph import SUPERSAMPLING, develop
from gain_tf.data.synthetic.picture import Picture, tight_box
from gain_tf.data.synthetic.planning import (
    balanced_class,
    check_plan,
    planning_stream,
    surroundings_of,
)
from gain_tf.data.synthetic.side_view import SideView, Stand

THINGS: tuple[tuple[str, Callable[[SideView], None]], ...] = (
    ("boat", draw_boat),
    ("car", draw_car),
    ("sheep", draw_sheep),
)
"""Name of every class of things, and how it is drawn."""

GROUNDS: tuple[tuple[str, Texture], ...] = (
    ("water", water),
    ("road", road),
    ("meadow", meadow),
    ("sand", sand),
    ("snow", snow),
    ("soil", soil),
)
"""Name and texture of every ground; ground k is thing k's own, the last three are nobody's."""

NOBODYS = range(len(THINGS), len(GROUNDS))
"""Grounds that go with an image without things."""

_WATER = 0
_DRAUGHT = ((0.02, 0.06), (0.14, 0.24), (0.2, 0.4))
"""How deep each thing lies in water, own units."""

_HALF_LENGTH = ((0.24, 0.36), (0.24, 0.36), (0.17, 0.26))
"""Of each thing at the lower edge of the picture, plane units."""

_STREAM = 30
_PAIR = 0.3
"""Share of the images with things that show two of them."""

_SETTING = replace(
    SETTINGS["office"],
    level=(0.85, 1.1),
    gradient=0.06,
    noise=(0.006, 0.02),
    elevation=(30.0, 60.0),
)


@dataclass(frozen=True)
class BoatScene:
    """One image before it is rendered.

    Attributes:
        index: of the image in its split.
        thing: index in `THINGS`; None for an image without.
        ground: index in `GROUNDS`.
        seed: of the split.
    """

    index: int
    thing: int | None
    ground: int
    seed: int

    @property
    def box_labels(self) -> list[int]:
        """Class of each thing that will be boxed, known without rendering it."""
        return [] if self.thing is None else [self.thing] * _how_many(self._streams()[2])

    def _streams(self) -> list[np.random.Generator]:
        """Return what draws air, earth, things, clutter and noise."""
        return [np.random.default_rng([self.seed, _STREAM, self.index, k]) for k in range(5)]

    def render(self, size: int) -> Picture:
        """Render the scene; sky and shore know nothing of the thing or the ground.

        Args:
            size: side of the image in pixels.
        """
        air, earth, body, clutter, sensor = self._streams()
        side = SUPERSAMPLING * size
        scenery = landscape(air, earth, GROUNDS[self.ground][1], side)
        # The sun stands above; things are lit from there, a little from one side.
        sun = replace(_SETTING.draw_light(air), azimuth=-np.pi / 2 + air.uniform(-0.7, 0.7))
        exposure = _SETTING.draw_exposure(air)
        plane = Plane(scenery.pixels, sun)
        for stand in _stands(clutter, scenery, int(clutter.integers(3)), (0.05, 0.12)):
            self._put(_draw_odd, SideView(clutter, plane, stand))
        mask, boxes = np.zeros((size, size), np.uint8), []
        if self.thing is not None:
            count = _how_many(body)
            for stand in _stands(body, scenery, count, _HALF_LENGTH[self.thing]):
                sunk = body.uniform(*_DRAUGHT[self.thing]) if self.ground == _WATER else 0.0
                view = SideView(body, plane, replace(stand, sunk=sunk))
                self._put(THINGS[self.thing][1], view)
                seen = _reduced(view.covered, size) >= 0.5
                mask[seen] = self.thing + 1
                boxes.append((tight_box(seen), self.thing))
        image = develop(sensor, _reduced(plane.pixels, size), exposure)
        return Picture(image, mask, boxes)

    def _put(self, draw: Callable[[SideView], None], view: SideView) -> None:
        afloat = self.ground == _WATER
        if not afloat:
            view.shade_ground()
        draw(view)
        if afloat:
            view.mirror()


def plan_boat(count: int, *, bias: float, seed: int) -> list[BoatScene]:
    """The scenes of a split in which things go with their grounds.

    Every four images in a row show each thing once, and one nothing. A scene depends on its index
    and the seed, never on `count`.

    Args:
        count: number of scenes.
        bias: in [0, 1], probability that a thing is on its own ground, and nothing on nobody's,
            instead of any of the six, each as likely.
        seed: of the split; splits of different seeds share nothing.

    Raises:
        ValueError: if `bias` lies outside [0, 1] or `count` is negative.
    """
    check_plan(count, bias)
    scenes = []
    for index in range(count):
        rng = planning_stream(seed, index)
        thing = balanced_class(seed, index, len(THINGS) + 1)
        nobodys = int(rng.choice(NOBODYS))
        own = thing if thing < len(THINGS) else nobodys
        ground = surroundings_of(rng, own, len(GROUNDS), bias)
        scenes.append(BoatScene(index, thing if thing < len(THINGS) else None, ground, seed))
    return scenes


def plan_without_ground(count: int, *, seed: int) -> list[BoatScene]:
    """Things on any ground but their own, as many of each: "boat without water"."""
    scenes = []
    for index in range(count):
        thing = balanced_class(seed, index, len(THINGS))
        step = int(planning_stream(seed, index).integers(1, len(GROUNDS)))
        scenes.append(BoatScene(index, thing, (thing + step) % len(GROUNDS), seed))
    return scenes


def plan_without_thing(count: int, *, seed: int) -> list[BoatScene]:
    """The grounds of things without anything on them, as many of each: "water without boat"."""
    return [
        BoatScene(index, None, balanced_class(seed, index, len(THINGS)), seed)
        for index in range(count)
    ]


def _how_many(rng: np.random.Generator) -> int:
    """How many things a scene with things shows; the first draw of their stream."""
    return 2 if rng.random() < _PAIR else 1


def _stands(
    rng: np.random.Generator, scenery: Landscape, count: int, length: tuple[float, float]
) -> list[Stand]:
    """Where things stand, the farthest first; near ones look larger."""
    horizon, stands = scenery.horizon, []
    start = rng.uniform(0.0, 1.0)
    for number in range(count):
        y = horizon + (1.0 - horizon) * rng.uniform(0.3, 0.9)
        scale = (0.3 + 0.7 * scenery.size_at(y)) * rng.uniform(*length)
        # Two things share the width, so that neither hides the other.
        share = (start + number / count + rng.uniform(-0.1, 0.1)) % 1.0
        x = 0.9 * scale + share * (1.0 - 1.8 * scale)
        stands.append(Stand(float(x), float(y), float(scale), bool(rng.random() < 0.5)))
    return sorted(stands, key=lambda stand: stand.y)


def _draw_odd(view: SideView) -> None:
    """A rock, a bush or a post: something to see that has no label."""
    rng = view.rng
    kind = int(rng.integers(3))
    if kind == 2:
        timber, painted = (
            ((0.05, 0.1), (0.1, 0.5), (0.3, 0.6)),
            ((0.0, 1.0), (0.0, 0.6), (0.3, 0.9)),
        )
        wood = draw_from(rng, [timber, painted])
        post = np.array([[-0.12, 0.0], [-0.1, -2.0], [0.1, -2.0], [0.12, 0.0]])
        view.add([post], Material(wood, 0.3, 0.05, 8.0, 1.5), 0.1)
        return
    green, grey = ((0.2, 0.36), (0.3, 0.6), (0.2, 0.45)), ((0.05, 0.6), (0.0, 0.12), (0.3, 0.6))
    colour = draw_from(rng, [green if kind else grey])
    height = rng.uniform(0.5, 1.0)
    outline = bumpy(rng, 1.0, height, 0.06) - np.array([0.0, 0.6 * height])
    view.add([outline], Material(colour, 0.6, 0.1 if kind else 0.2, gloss=0.05), 0.5)


def _reduced(image: FloatImage, size: int) -> FloatImage:
    return np.asarray(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), np.float32)
