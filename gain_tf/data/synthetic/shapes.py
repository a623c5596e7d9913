"""Scenes of the shapes data set: toy blocks on a table, one to four, some over others.

The kind of table goes with the first block as often as the plan says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gain_tf.data.synthetic.block import draw_block
from gain_tf.data.synthetic.block_outlines import OUTLINES, Contours
from gain_tf.data.synthetic.domains import DESKS, SETTINGS
from gain_tf.data.synthetic.metals import machine_bed
from gain_tf.data.synthetic.photograph import Viewpoint
from gain_tf.data.synthetic.picture import Box, Picture, tight_box
from gain_tf.data.synthetic.planning import (
    balanced_class,
    check_plan,
    planning_stream,
    surroundings_of,
)
from gain_tf.data.synthetic.slab import Pose
from gain_tf.data.synthetic.table_top import draw_look, set_table

BLOCK_NAMES = tuple(OUTLINES)
"""Every block; a data set uses the first so many as its classes."""

TABLES = (*DESKS, ("metal", machine_bed))
"""Name and texture of every kind of table; the own kind of block k is k modulo their number."""

MOST_BLOCKS = 4
"""In one image."""

UNKNOWN = 255
"""Mask value, as in every data set."""

_STREAM = 20
_SETTING = replace(SETTINGS["office"], tilt=0.05, item_count=(0, 3))
_SCALE = (0.09, 0.17)
_THICKNESS = (0.02, 0.06)
_GRID = 64
_LEAST_SHARE = 0.4
"""Of a block that others must leave in view."""

_LEAST_AREA = 0.002
"""Of the image: a block of which less is seen is unknown in the mask, and no label."""

_PILED = 0.6
"""Share of the blocks that are put down at the first one, to lie over or under others."""

_TRIES = 12


@dataclass(frozen=True)
class ShapesScene:
    """One image before it is rendered.

    Attributes:
        index: of the image in its split.
        blocks: index in `BLOCK_NAMES` of each block, lowest first.
        table: index in `TABLES`.
        seed: of the split.
        aspect: height over width of the image.
        border: whether the outlines of the blocks are unknown in the mask, as VOC's are.
    """

    index: int
    blocks: tuple[int, ...]
    table: int
    seed: int
    aspect: float = 1.0
    border: bool = False

    def render(self, size: int) -> Picture:
        """Render the scene; what other blocks leave of each is in the mask, and boxed.

        Every block is drawn from a stream of its own, so one more on top changes no other.

        Args:
            size: of the longer side in pixels.
        """
        camera, places, clutter, surface, sensor = (
            np.random.default_rng([self.seed, _STREAM, self.index, stream]) for stream in range(5)
        )
        table = set_table(
            draw_look(camera, _SETTING), surface, _SETTING, TABLES[self.table][1], size
        )
        table.scatter(clutter, 0.5, 0.5, 0.38)
        crop = _crop(size, self.aspect)
        owners = np.zeros((size, size), np.uint8)
        for number, pose in enumerate(_poses(places, table.view, self.blocks, self.aspect), 1):
            if pose is None:
                continue
            body = np.random.default_rng([self.seed, _STREAM, self.index, 10 + number])
            name, thickness = BLOCK_NAMES[self.blocks[number - 1]], body.uniform(*_THICKNESS)
            lean = table.view.lean(pose.x, pose.y, thickness)
            contours = [pose.place(outline) for outline in OUTLINES[name]()]
            covered = draw_block(body, table.plane, contours, thickness, lean)
            owners[table.view.view(covered, size) >= 0.5] = number
        image = np.ascontiguousarray(table.photograph(sensor, size)[crop])
        return Picture(image, *self._annotation(owners[crop]))

    def _annotation(self, owners: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], list]:
        """Mask and boxes from the number of the block seen at each pixel, 0 for none."""
        mask = np.zeros_like(owners)
        boxes: list[tuple[Box, int]] = []
        for number, block in enumerate(self.blocks, 1):
            seen = owners == number
            if seen.mean() >= _LEAST_AREA:
                mask[seen] = block + 1
                boxes.append((tight_box(seen), block))
            elif seen.any():
                mask[seen] = UNKNOWN
        if self.border:
            mask[_outlines(owners)] = UNKNOWN
        return mask, boxes


def plan_shapes(
    count: int, *, classes: int, bias: float, seed: int, aspect: float = 1.0, border: bool = False
) -> list[ShapesScene]:
    """The scenes of a split.

    Each class is as often as any other the first block of a scene; the other blocks are any.
    A scene depends on its index and the seed, never on `count`.

    Args:
        count: number of scenes.
        classes: how many of the blocks occur, at most all of them.
        bias: in [0, 1], probability that the table is the first block's own kind, and not any.
        seed: of the split; splits of different seeds share nothing.
        aspect: see `ShapesScene`.
        border: see `ShapesScene`.

    Raises:
        ValueError: if `bias` lies outside [0, 1] or `count` is negative.
    """
    check_plan(count, bias)
    scenes = []
    for index in range(count):
        rng = planning_stream(seed, index)
        first = balanced_class(seed, index, classes)
        table = surroundings_of(rng, first % len(TABLES), len(TABLES), bias)
        others = rng.integers(classes, size=rng.integers(MOST_BLOCKS)).tolist()
        # The first block is not always the lowest.
        blocks = rng.permutation([first, *others]).tolist()
        scenes.append(ShapesScene(index, tuple(blocks), table, seed, aspect, border))
    return scenes


def _poses(
    rng: np.random.Generator, view: Viewpoint, blocks: Sequence[int], aspect: float
) -> list[Pose | None]:
    """Where blocks lie that leave enough of each other in view; None for one without a place."""
    rows, columns = _crop(_GRID, aspect)
    reach = 0.4 * np.array([columns.stop - columns.start, rows.stop - rows.start]) / _GRID
    lying: list[tuple[NDArray[np.bool_], int]] = []
    poses: list[Pose | None] = []
    for block in blocks:
        for _ in range(_TRIES):
            spot = 0.5 + reach * rng.uniform(-1.0, 1.0, 2)
            beside = rng.normal(0.0, 0.12, 2)
            if poses and poses[0] and rng.random() < _PILED:
                middle = np.array([poses[0].x, poses[0].y])
                spot = np.clip(middle + beside, 0.5 - reach, 0.5 + reach)
            x, y = spot
            pose = Pose(float(x), float(y), rng.uniform(0.0, 2.0 * np.pi), rng.uniform(*_SCALE))
            own = _sketch([view.project(pose.place(o)) for o in OUTLINES[BLOCK_NAMES[block]]()])
            own = own[rows, columns]
            left = [before & ~own for before, _ in lying]
            if all(
                rest.sum() >= _LEAST_SHARE * whole
                for rest, (_, whole) in zip(left, lying, strict=True)
            ):
                lying = [(rest, whole) for rest, (_, whole) in zip(left, lying, strict=True)]
                lying.append((own, int(own.sum())))
                poses.append(pose)
                break
        else:
            poses.append(None)
    return poses


def _sketch(contours: Contours) -> NDArray[np.bool_]:
    """What contours in image units cover, coarsely: boolean (_GRID, _GRID)."""
    grid = np.zeros((_GRID, _GRID), np.uint8)
    cv2.fillPoly(grid, [np.round(points * _GRID).astype(np.int32) for points in contours], (1,))
    return grid > 0


def _crop(size: int, aspect: float) -> tuple[slice, slice]:
    """The middle of a square picture that has the given height over width."""
    height, width = round(size * min(aspect, 1.0)), round(size * min(1.0 / aspect, 1.0))
    top, left = (size - height) // 2, (size - width) // 2
    return slice(top, top + height), slice(left, left + width)


def _outlines(owners: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where blocks end, as wide as in VOC: about five pixels of 500."""
    width = max(3, 2 * round(max(owners.shape) / 200) + 1)
    kernel = np.ones((width, width), np.uint8)
    return cv2.dilate(owners, kernel) != cv2.erode(owners, kernel)
