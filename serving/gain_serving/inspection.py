"""One watched file: read, judged and written down, or set aside."""

import logging
import os
import shutil
from pathlib import Path

from gain_serving.arrival import signature
from gain_serving.audit import image_sha256
from gain_serving.errors import BadImageError, ServingError, TooLargeError
from gain_serving.files import write_whole
from gain_serving.judged import Judged, Signature, printable
from gain_serving.record import decision_record, now
from gain_serving.runtime import Runtime

OVERLAYS = "overlays"
UNREADABLE = "unreadable"

LONGEST_NAME = 200
"""Bytes that are kept of a file's name where something is added to it."""

_log = logging.getLogger(__name__)


class Inspection:
    """Judges files, and keeps what came of them.

    Args:
        folder: that the files lie in.
        out: of overlays and of what is set aside.
        runtime: the model.
        judged: gets a line for each file.
        max_bytes: of a file.
    """

    def __init__(
        self, folder: Path, out: Path, runtime: Runtime, judged: Judged, *, max_bytes: int
    ) -> None:
        self._folder, self._out, self._max_bytes = folder, out, max_bytes
        self._runtime, self._judged = runtime, judged
        self._stuck: set[Path] = set()

    def name(self, path: Path) -> str:
        """Return what a file is called in the decisions."""
        return printable(str(path.relative_to(self._folder)))

    def judge(self, path: Path, found: Signature) -> str | None:
        """Judge a file that seems complete.

        Args:
            path: of the file.
            found: what it looks like now.

        Returns:
            Why it cannot be judged; None where nothing is left to be done.

        Raises:
            OSError: the decision cannot be written.
        """
        name = self.name(path)
        try:
            data = self._read(path, found)
            if data is None:
                return None
            digest = image_sha256(data)
            if self._judged.knows_content(name, found, digest):
                return None
            [decision] = self._runtime.decide([data], overlay=True)
        except ServingError as error:
            return str(error)
        record = {"time": now(), "image_sha256": digest, **decision_record(decision)}
        if decision.overlay is not None:
            place = path.relative_to(self._folder)
            drawn = f"{OVERLAYS}/{place.with_name(_shortened(place.name))}.{digest[:8]}.png"
            write_whole(self._out / drawn, decision.overlay)
            record["overlay"] = printable(drawn)
        self._judged.add(name, found, record)
        return None

    def give_up(self, path: Path, found: Signature, problem: str) -> None:
        """Write down why a file cannot be judged, then set it aside.

        Args:
            path: of the file.
            found: what it looked like.
            problem: the reason.

        Raises:
            OSError: the line cannot be written.
        """
        name = self.name(path)
        _log.warning("%s: set aside: %s", name, problem)
        self._judged.add(name, found, {"time": now(), "error": problem})
        self.set_aside(path)

    def set_aside(self, path: Path) -> None:
        """Move a file to where the unreadable ones are; one that cannot be moved stays."""
        place = self._out / UNREADABLE / path.relative_to(self._folder)
        number = 1
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            while place.exists():
                number += 1
                place = place.with_name(f"{_shortened(path.stem)}-{number}{path.suffix}")
            shutil.move(path, place)
        except OSError as error:
            if path not in self._stuck:
                _log.warning("%s: cannot be set aside: %s", path, error.strerror or error)
            self._stuck.add(path)

    def _read(self, path: Path, found: Signature) -> bytes | None:
        """Read a file; None if it left, or if somebody writes to it again: then it is heard of."""
        if found.size > self._max_bytes:
            raise TooLargeError(
                f"has {found.size} bytes, more than the {self._max_bytes} of max_body_bytes"
            )
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadImageError(f"cannot be read: {error.strerror}") from error
        return data if signature(path) == found else None


def _shortened(name: str) -> str:
    """Leave room in a name, of which file systems take 255 bytes."""
    return os.fsdecode(os.fsencode(name)[:LONGEST_NAME])
