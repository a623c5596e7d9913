"""One image of the workpiece data set: coarse orientation of an industrial part.

The part lies at 0, 90, 180 or 270 degrees, give or take a few. Training images come from an
office, where the kind of desk may go with the orientation; test images from inside a machine,
where nothing does. A network that reads the desk learns nothing that helps in the machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gain_tf.data.synthetic.compositing import spread
from gain_tf.data.synthetic.domains import DESKS, PART_SCALE, SETTINGS, Domain
from gain_tf.data.synthetic.drawing import Plane
from gain_tf.data.synthetic.metals import machine_bed
from gain_tf.data.synthetic.outlines import Points
from gain_tf.data.synthetic.part import Pose, draw_part, silhouette
from gain_tf.data.synthetic.patterns import coordinates, lines
from gain_tf.data.synthetic.photograph import develop, plane_side
from gain_tf.data.synthetic.placement import place_in_view, places_beside

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
    box: tuple[float, float, float, float]


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
        np.random.default_rng([seed, _DOMAIN_CODES[domain], index, stream]) for stream in range(5)
    )
    setting = SETTINGS[domain]
    view = setting.draw_viewpoint(camera)
    light = setting.draw_light(camera)
    exposure = setting.draw_exposure(camera)

    angle = np.radians(90.0 * orientation + part.uniform(-JITTER_DEGREES, JITTER_DEGREES))
    scale = PART_SCALE * part.uniform(*setting.scale)

    def pose_at(x: float, y: float) -> tuple[Pose, tuple[float, float]]:
        pose = Pose(x, y, float(angle), scale)
        return pose, view.lean(x, y, pose.thickness)

    def seen_at(x: float, y: float) -> Points:
        return view.project(silhouette(*pose_at(x, y)))

    # The strongest perspective can leave no room for the largest part, which then gives way.
    while (spot := place_in_view(part, seen_at)) is None:
        scale *= 0.97
    x, y = spot
    pose, lean = pose_at(x, y)

    side = plane_side(size)
    texture = machine_bed if desk is None else DESKS[desk][1]
    plane = Plane(np.ascontiguousarray(texture(surface, side), np.float32), light)
    count = int(clutter.integers(setting.item_count[0], setting.item_count[1] + 1))
    for place in places_beside(clutter, count, x, y, 1.6 * scale):
        setting.items[int(clutter.integers(len(setting.items)))](clutter, plane, *place)
    covered = draw_part(part, plane, pose, lean)
    if camera.random() < setting.shadow_bars:
        _, across = coordinates(side, camera.uniform(0.0, np.pi))
        width = camera.uniform(0.06, 0.16)
        bars = lines(across + camera.random(), camera.uniform(0.35, 0.9), width, side)
        plane.pixels *= spread(1.0 - np.float32(0.55 * light.strength) * bars)

    image = develop(sensor, view.view(plane.pixels, size), exposure)
    mask = (view.view(covered, size) >= 0.5).astype(np.uint8)
    return Rendering(image, mask, tight_box(mask))


def tight_box(mask: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    """y0, x0, y1, x1 in [0, 1] of the smallest box that holds all of a mask (rows, columns)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    return (
        float(rows[0] / height),
        float(columns[0] / width),
        float((rows[-1] + 1) / height),
        float((columns[-1] + 1) / width),
    )
