"""A rendered picture with its annotation, and many of them rendered side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from gain_tf.data.progress import tracked

Box = tuple[float, float, float, float]
"""y0, x0, y1, x1 in [0, 1]."""

_Scene = TypeVar("_Scene")
_Result = TypeVar("_Result")


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


class Scene(Protocol):
    """A picture before it is rendered."""

    def render(self, size: int) -> Picture:
        """This scene, `size` pixels along its longer side."""
        ...


class PlannedScene(Scene, Protocol):
    """A picture of which it is known beforehand what will be boxed, and shown by its mask."""

    @property
    def box_labels(self) -> Sequence[int]:
        """Class of each box, in order."""
        ...


def render_all(
    scenes: Sequence[_Scene], render: Callable[[_Scene], _Result], workers: int | None = None
) -> list[_Result]:
    """Render scenes in threads.

    Args:
        scenes: what to render; none may depend on another.
        render: renders one.
        workers: threads; None for one per processor.

    Returns:
        What `render` makes of each scene, in order.
    """
    with _single_threaded_opencv(), ThreadPoolExecutor(workers) as pool:
        return list(tracked(pool.map(render, scenes), "rendering", len(scenes)))


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
