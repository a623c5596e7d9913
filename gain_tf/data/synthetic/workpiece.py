"""One image of the workpiece data set: coarse orientation of an industrial part.

The part lies at 0, 90, 180 or 270 degrees, give or take a few. Training images come from an
office, where the kind of desk may go with the orientation; test images from inside a machine,
where nothing does. A network that reads the desk learns nothing that helps in the machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gain_tf.data.synthetic.domains import DESKS, PART_SCALE, SETTINGS, Domain, Setting
from gain_tf.data.synthetic.metals import machine_bed
from gain_tf.data.synthetic.noise import FloatImage
from gain_tf.data.synthetic.outlines import Points
from gain_tf.data.synthetic.part import THICKNESS, draw_part, part_coverage, silhouette
from gain_tf.data.synthetic.photograph import Viewpoint, plane_side
from gain_tf.data.synthetic.picture import Box, tight_box
from gain_tf.data.synthetic.placement import place_shrinking
from gain_tf.data.synthetic.slab import Pose
from gain_tf.data.synthetic.table_top import Look, draw_look, set_table

CLASS_NAMES = ("0", "90", "180", "270")
"""Orientations in degrees, clockwise as seen in the image; the label is the index."""

DESK_NAMES = tuple(name for name, _ in DESKS)
"""Desk families; `DESK_NAMES[k]` is the own desk of orientation k, the fifth is nobody's own."""

JITTER_DEGREES = 12.0
"""Largest deviation of the part from its coarse orientation."""

_DOMAIN_CODES: dict[Domain, int] = {"office": 0, "machine": 1}


@dataclass(frozen=True)
class Rendering:
    """A rendered image and what is true of it.

    Attributes:
        image: uint8 (size, size, 3) RGB.
        mask: uint8 (size, size), 1 on the part, 0 elsewhere and in its holes.
        box: y0, x0, y1, x1 in [0, 1], tight around the mask.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    box: Box


def render_workpiece(
    index: int, *, orientation: int, domain: Domain, desk: int | None, size: int, seed: int
) -> Rendering:
    """Render one image.

    Camera, part, clutter and surface are drawn from separate streams of (seed, domain, index).
    The same call with another desk therefore shows the same part, in the same place, among the
    same clutter, on another desk.

    Args:
        index: number of the image in its split.
        orientation: index into `CLASS_NAMES`.
        domain: "office" or "machine".
        desk: index into `DESK_NAMES` in the office, None in the machine.
        size: side of the image in pixels.
        seed: of the split.

    Raises:
        ValueError: if desk and domain do not go together, or an index is out of range.
    """
    if (desk is None) != (domain == "machine"):
        raise ValueError(f"domain {domain!r} does not go with desk {desk!r}")
    if orientation not in range(len(CLASS_NAMES)) or desk not in (None, *range(len(DESKS))):
        raise ValueError(f"no such orientation or desk: {orientation}, {desk}")
    camera, part, clutter, surface, sensor = (
        _source(index, domain, seed, stream) for stream in range(5)
    )
    setting = SETTINGS[domain]
    texture = machine_bed if desk is None else DESKS[desk][1]
    look, pose, lean = _lay_down(camera, part, orientation, setting)
    table = set_table(look, surface, setting, texture, size)
    table.scatter(clutter, pose.x, pose.y, 1.6 * pose.scale)
    covered = draw_part(part, table.plane, pose, lean)
    table.cast_bars(camera)
    image = table.photograph(sensor, size)
    mask = _mask(covered, table.view, size)
    return Rendering(image, mask, tight_box(mask))


def locate_workpiece(index: int, *, orientation: int, domain: Domain, size: int, seed: int) -> Box:
    """Find the box that `render_workpiece` returns, in a fraction of its time.

    Args:
        index: as there.
        orientation: as there.
        domain: as there.
        size: as there.
        seed: as there.
    """
    camera, part = (_source(index, domain, seed, stream) for stream in range(2))
    look, pose, lean = _lay_down(camera, part, orientation, SETTINGS[domain])
    covered = part_coverage(plane_side(size), look.light, pose, lean)
    return tight_box(_mask(covered, look.view, size))


def _source(index: int, domain: Domain, seed: int, stream: int) -> np.random.Generator:
    return np.random.default_rng([seed, _DOMAIN_CODES[domain], index, stream])


def _lay_down(
    camera: np.random.Generator, part: np.random.Generator, orientation: int, setting: Setting
) -> tuple[Look, Pose, tuple[float, float]]:
    """Choose how the table is looked at, and where on it the part lies and leans."""
    look = draw_look(camera, setting)
    angle = float(np.radians(90.0 * orientation + part.uniform(-JITTER_DEGREES, JITTER_DEGREES)))

    def lean_at(x: float, y: float, scale: float) -> tuple[float, float]:
        return look.view.lean(x, y, THICKNESS * scale)

    def seen_at(x: float, y: float, scale: float) -> Points:
        rim = silhouette(Pose(x, y, angle, scale), lean_at(x, y, scale))
        return look.view.project(rim)

    x, y, scale = place_shrinking(part, seen_at, PART_SCALE * part.uniform(*setting.scale))
    return look, Pose(x, y, angle, scale), lean_at(x, y, scale)


def _mask(covered: FloatImage, view: Viewpoint, size: int) -> NDArray[np.uint8]:
    return (view.view(covered, size) >= 0.5).astype(np.uint8)
