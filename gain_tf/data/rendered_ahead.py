"""Pictures that are rendered while the first of them are looked at.

Rendering a data set can take as long as a short training. Processes of the lowest priority do it,
split by split, into a folder that all processes of a run read; who asks for a picture before they
have come to it renders it.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from loky import cpu_count
from loky.backend import resource_tracker
from loky.backend.process import LokyProcess

from gain_tf.data.synthetic.picture import CHUNK, MANY, Scene, render_one
from gain_tf.files import replacing
from gain_tf.processes import end_with

LOWEST_PRIORITY = 19
"""Where there is one (Unix): what renders ahead takes the time that nobody else wants."""

# In threads the many small steps of two scenes would only wait for one another.
_ONE_SCENE = threading.Lock()

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FiledPictures:
    """The pictures of a split, more and more of which lie in a folder.

    Attributes:
        scenes: of the split.
        size: side of an image, pixels.
        folder: of the files, each whole or not there.
        renderer: kept as long as its pictures; None in a copy, such as another process has.
        unfiled: what was rendered and could not be written, by its index.
    """

    scenes: Sequence[Scene]
    size: int
    folder: Path
    renderer: _Renderer | None = None
    unfiled: dict[int, np.ndarray] = field(default_factory=dict, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        return FiledPictures, (self.scenes, self.size, self.folder)

    def image(self, index: int) -> np.ndarray:
        """Return image `index`."""
        return self._layers(index)[..., :3]

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`."""
        return self._layers(index)[..., 3]

    def file(self, index: int) -> None:
        """Render picture `index` into its file, unless it is there.

        Raises:
            OSError: it cannot be written.
        """
        if not self._path(index).exists():
            self._write(index, self._rendered(index))

    def _layers(self, index: int) -> np.ndarray:
        """Return image and mask of a picture, uint8 (H, W, 4)."""
        try:
            return self._read(index)
        except FileNotFoundError:
            pass
        with _ONE_SCENE:
            if index in self.unfiled:
                return self.unfiled[index]
            if self._path(index).exists():
                return self._read(index)
            layers = self._rendered(index)
            try:
                self._write(index, layers)
            except OSError as error:
                _say_once(self.folder.parent, error.strerror or str(error))
                self.unfiled[index] = layers
        return layers

    def _rendered(self, index: int) -> np.ndarray:
        picture = render_one(self.scenes[index], self.size)
        return np.dstack([picture.image, picture.mask])

    def _path(self, index: int) -> Path:
        return self.folder / f"{index:06d}"

    def _read(self, index: int) -> np.ndarray:
        return np.fromfile(self._path(index), np.uint8).reshape(self.size, self.size, 4)

    def _write(self, index: int, layers: np.ndarray) -> None:
        with replacing(self._path(index), lasting=False) as temporary:
            temporary.write_bytes(layers.tobytes())


def rendered_ahead(
    scenes: Mapping[str, Sequence[Scene]], size: int, workers: int | None = None
) -> dict[str, FiledPictures]:
    """Begin to render the pictures of a data set.

    Args:
        scenes: of each split; the first split is rendered first.
        size: side of an image, pixels.
        workers: processes; None for one per processor, as long as each has enough to do.

    Returns:
        The pictures of each split, each to be had at once, also in other processes as long as this
        one keeps them.

    Raises:
        OSError: there is no room for temporary files.
    """
    if workers is None:
        workers = min(cpu_count(), 1 + sum(map(len, scenes.values())) // MANY)
    renderer = _Renderer(scenes, size, workers)
    return {job.folder.name: replace(job, renderer=renderer) for job in renderer.jobs}


class _Renderer:
    """Processes that render, and the folder they fill; gone with the last reference to it."""

    def __init__(self, scenes: Mapping[str, Sequence[Scene]], size: int, workers: int) -> None:
        folder = Path(tempfile.mkdtemp(prefix="gain-tf-"))
        # Should this process be killed, the tracker is there to remove the folder.
        resource_tracker.register(str(folder), "folder")
        processes: list[LokyProcess] = []
        weakref.finalize(self, _end, processes, folder)
        self.jobs = [FiledPictures(own, size, folder / name) for name, own in scenes.items()]
        for job in self.jobs:
            job.folder.mkdir()
        for number in range(workers):
            share = (self.jobs, number, workers, os.getpid())
            process = LokyProcess(target=_render, args=share, daemon=True)
            process.start()
            processes.append(process)


def _render(jobs: Sequence[FiledPictures], number: int, workers: int, starter: int) -> None:
    """Render the share of one of several processes: pictures in their order, a few at a time."""
    # The process that is interrupted ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with(starter)
    if hasattr(os, "nice"):
        os.nice(LOWEST_PRIORITY)
    for job in jobs:
        for index in share_of(len(job.scenes), number, workers):
            try:
                job.file(index)
            except OSError:
                # No room, or nobody who wants them any more: who asks for one renders it.
                return


def share_of(count: int, number: int, workers: int) -> list[int]:
    """List the pictures, of so many, that process `number` of several renders."""
    return [index for index in range(count) if index // CHUNK % workers == number]


@cache
def _say_once(folder: Path, problem: str) -> None:
    _log.warning(
        "%s: rendered pictures cannot be written there, and are kept in memory: %s",
        folder,
        problem,
    )


def _end(processes: Sequence[LokyProcess], folder: Path) -> None:
    for process in processes:
        process.terminate()
        process.join()
    shutil.rmtree(folder, ignore_errors=True)
    # A thread may have written there still: then it is for the tracker to remove.
    if not folder.exists():
        resource_tracker.unregister(str(folder), "folder")
