"""Scenes of the camera data set: one camera in two orientations, half a turn apart.

On the bench, the kind of bench may go with the orientation; in the machine nothing does, the
background is another and the viewpoint varies more. A network that reads the bench, or learns no
more than the look of the whole camera, learns nothing that helps in the machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gain_tf.data.synthetic.camera_housing import THICKNESS, critical_areas, draw_camera, rim
from gain_tf.data.synthetic.domains import DESKS, PART_SCALE, SETTINGS, Domain
from gain_tf.data.synthetic.metals import machine_bed
from gain_tf.data.synthetic.outlines import Points
from gain_tf.data.synthetic.picture import Picture, tight_box
from gain_tf.data.synthetic.placement import place_shrinking
from gain_tf.data.synthetic.planning import (
    balanced_class,
    check_plan,
    planning_stream,
    surroundings_of,
)
from gain_tf.data.synthetic.slab import Pose
from gain_tf.data.synthetic.table_top import draw_look, set_table

ORIENTATIONS = (0, 180)
"""Of the gap, degrees clockwise from the upper side; the label is the index."""

JITTER_DEGREES = 12.0
"""Largest deviation of the camera from its orientation."""

_DOMAIN_CODES: dict[Domain, int] = {"office": 10, "machine": 11}


@dataclass(frozen=True)
class CameraScene:
    """One image before it is rendered.

    Attributes:
        index: of the image in its split.
        orientation: index in `ORIENTATIONS`.
        domain: "office" for a bench, "machine" for the other place.
        bench: index in `DESKS`; orientation k's own is k. None in the machine.
        seed: of the split.
    """

    index: int
    orientation: int
    domain: Domain
    bench: int | None
    seed: int

    @property
    def box_labels(self) -> list[int]:
        """Class of each box, known without rendering: of the gap and of the markers."""
        return [self.orientation] * 2

    def render(self, size: int) -> Picture:
        """Render the scene; the mask and two boxes show the gap and the markers.

        Everything but the bench and the half turn is drawn from streams that do not know them.

        Args:
            size: side of the image in pixels; below 64 the markers are hardly a pixel.
        """
        camera, body, clutter, surface, sensor = (
            np.random.default_rng([self.seed, _DOMAIN_CODES[self.domain], self.index, stream])
            for stream in range(5)
        )
        setting = SETTINGS[self.domain]
        texture = machine_bed if self.bench is None else DESKS[self.bench][1]
        table = set_table(draw_look(camera, setting), surface, setting, texture, size)
        jitter = body.uniform(-JITTER_DEGREES, JITTER_DEGREES)
        angle = float(np.radians(ORIENTATIONS[self.orientation] + jitter))

        def lean_at(x: float, y: float, scale: float) -> tuple[float, float]:
            return table.view.lean(x, y, THICKNESS * scale)

        def seen_at(x: float, y: float, scale: float) -> Points:
            return table.view.project(rim(Pose(x, y, angle, scale), lean_at(x, y, scale)))

        x, y, scale = place_shrinking(body, seen_at, PART_SCALE * body.uniform(*setting.scale))
        table.scatter(clutter, x, y, 1.7 * scale)
        pose = Pose(x, y, angle, scale)
        draw_camera(body, table.plane, pose, lean_at(x, y, scale))
        table.cast_bars(camera)
        mask, boxes = np.zeros((size, size), np.uint8), []
        for area in critical_areas(pose, table.plane.side):
            seen = table.view.view(area, size)
            # An area that is nowhere half a pixel is still where it covers most.
            inside = seen >= 0.5 * min(1.0, float(seen.max()))
            mask[inside] = self.orientation + 1
            boxes.append((tight_box(inside), self.orientation))
        return Picture(table.photograph(sensor, size), mask, boxes)


def plan_camera(count: int, *, domain: Domain, bias: float, seed: int) -> list[CameraScene]:
    """The scenes of a split, as many of one orientation as of the other.

    A scene depends on its index and the seed, never on `count`.

    Args:
        count: number of scenes.
        domain: "office" or "machine".
        bias: in [0, 1], probability that the bench is the orientation's own, and not any of the
            five, each as likely; without effect in the machine.
        seed: of the split; splits of different seeds share nothing.

    Raises:
        ValueError: if `bias` lies outside [0, 1] or `count` is negative.
    """
    check_plan(count, bias)
    scenes = []
    for index in range(count):
        orientation = balanced_class(seed, index, len(ORIENTATIONS))
        bench = None
        if domain == "office":
            bench = surroundings_of(planning_stream(seed, index), orientation, len(DESKS), bias)
        scenes.append(CameraScene(index, orientation, domain, bench, seed))
    return scenes
