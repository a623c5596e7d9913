"""A rendered picture with its annotation, and many of them rendered side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from typing import Protocol, TypeVar

import cv2
import numpy as np
from loky import get_reusable_executor
from numpy.typing import NDArray

from gain_tf.data.progress import tracked

Box = tuple[float, float, float, float]
"""y0, x0, y1, x1 in [0, 1]."""

MANY = 200
"""Scenes from which on processes, which take a second to start, are faster than threads."""
CHUNK = 8
"""Scenes that a process is sent at once."""
IDLE = 5
"""Seconds after which a process without work ends."""

_Result_co = TypeVar("_Result_co", covariant=True)


@dataclass(frozen=True)
class Picture:
    """A rendered image and what is true of it.

    Attributes:
        image: uint8 (H, W, 3) RGB.
        mask: uint8 (H, W), class index + 1, 0 background, 255 unknown.
        boxes: of what can be seen, each with its class index.
    """

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    boxes: Sequence[tuple[Box, int]]


class Renders(Protocol[_Result_co]):
    """What can be rendered on its own, in any process."""

    def render(self, size: int) -> _Result_co:
        """This, `size` pixels along its longer side."""
        ...


class Scene(Renders[Picture], Protocol):
    """A picture before it is rendered."""


class PlannedScene(Scene, Protocol):
    """A picture of which it is known beforehand what will be boxed, and shown by its mask."""

    @property
    def box_labels(self) -> Sequence[int]:
        """Class of each box, in order."""
        ...


class LocatedScene(PlannedScene, Protocol):
    """A picture whose boxes can be had without the rest of it."""

    def boxes(self, size: int) -> Sequence[Box]:
        """Return the boxes that it will have, `size` pixels along its longer side."""
        ...


def render_all(
    scenes: Sequence[Renders[_Result_co]], size: int, workers: int | None = None
) -> list[_Result_co]:
    """Render scenes side by side.

    Args:
        scenes: what to render; none may depend on another.
        size: of an image along its longer side, pixels.
        workers: processes, or threads where there are few scenes; None for one per processor.

    Returns:
        What each scene renders, in order.
    """
    if len(scenes) < MANY:
        with _single_threaded_opencv(), ThreadPoolExecutor(workers) as pool:
            return list(pool.map(render_one, scenes, repeat(size)))
    # A scene is many small steps, which wait for one another in threads.
    pool = get_reusable_executor(workers, timeout=IDLE)
    renderings = pool.map(render_one, scenes, repeat(size), chunksize=CHUNK)
    return list(tracked(renderings, "rendering", len(scenes)))


def render_one(scene: Renders[_Result_co], size: int) -> _Result_co:
    """Render a scene, `size` pixels along its longer side, on one processor."""
    with _single_threaded_opencv():
        return scene.render(size)


def tight_box(mask: NDArray) -> Box:
    """y0, x0, y1, x1 in [0, 1] of the smallest box that holds all of a mask (rows, columns)."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    return (
        float(rows[0] / height),
        float(columns[0] / width),
        float((rows[-1] + 1) / height),
        float((columns[-1] + 1) / width),
    )


@contextmanager
def _single_threaded_opencv() -> Iterator[None]:
    # Pictures this small lose more to OpenCV's own threads than they gain.
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
