"""Images that cannot be read any more when training comes to them: named, counted, bounded."""

import csv
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TypeVar

import tensorflow as tf

from gain_tf.errors import FailedError
from gain_tf.files import replacing

Batch = TypeVar("Batch")

COLUMNS = ("image", "problem")
NAMED = 3
"""Images that are named in the error."""


class BadImages:
    """What was skipped so far, written to a file as it grows.

    Args:
        path: of the CSV file (image, problem); what an earlier process wrote there is kept. None
            for no file.
        limit: how many may be skipped.
    """

    def __init__(self, path: Path | None, limit: int) -> None:
        self.path = path
        self.limit = limit
        self._earlier = _read(path)
        self._problems: dict[str, str] = {}
        self._none_left = False
        # The pipeline reads in several threads.
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._problems)

    @property
    def problems(self) -> dict[str, str]:
        """What was wrong with each image that this process skipped."""
        return dict(self._problems)

    def add(self, image: str, problem: str) -> None:
        """Count an image, once.

        Args:
            image: its id.
            problem: why it cannot be read.

        Raises:
            FailedError: there are more than the limit.
        """
        with self._lock:
            self._check()
            if image not in self._problems:
                self._problems[image] = problem
                self._write()
            self._check()

    def none_left(self) -> NoReturn:
        """Say that not one image of a split can be read, however few there are.

        Raises:
            FailedError: always.
        """
        with self._lock:
            self._none_left = True
            raise FailedError(self._problem())

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Turn what TensorFlow makes of a `FailedError` in its pipeline back into one."""
        try:
            yield
        except tf.errors.OpError:
            self._check()
            raise

    def watched(self, batches: Iterable[Batch]) -> Iterator[Batch]:
        """Go through batches, with `reported` around their making alone."""
        with self.reported():
            yield from batches

    def _check(self) -> None:
        if problem := self._problem():
            raise FailedError(problem)

    def _problem(self) -> str | None:
        """Say what is wrong with going on, if anything is."""
        some = "; ".join(list(self._problems.values())[:NAMED])
        if self._none_left:
            return f"no image can be read any more, such as {some}"
        if len(self) <= self.limit:
            return None
        if not self.limit:
            return f"an image cannot be read: {some}"
        place = f"; all are named in {self.path}" if self.path else ""
        return (
            f"{len(self)} images cannot be read, more than data.max_bad_images ({self.limit}) "
            f"allows, such as {some}{place}"
        )

    def _write(self) -> None:
        if self.path is None:
            return
        rows = {**self._earlier, **self._problems}
        with (
            replacing(self.path) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            csv.writer(file).writerows([COLUMNS, *rows.items()])


def _read(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["image"]: row["problem"] for row in csv.DictReader(file)}
