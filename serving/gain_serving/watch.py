"""Judge the images of a folder as they arrive, each once, whatever happens in between."""

import logging
import queue
import signal
import threading
import time
from pathlib import Path

from gain_serving.arrival import (
    Arrival,
    images_in,
    is_image_name,
    is_open_for_writing,
    signature,
)
from gain_serving.changes import tell_changes
from gain_serving.errors import UserError
from gain_serving.inspection import OVERLAYS, UNREADABLE, Inspection
from gain_serving.judged import Judged
from gain_serving.runtime import Runtime
from gain_serving.settings import Settings

DECISIONS = "decisions.csv"

_LOOK = 0.05  # seconds between two looks at files that are still arriving
_SCAN_SHARE = 20  # a complete scan may take a twentieth of the time
_log = logging.getLogger(__name__)


def watch_folder(folder: Path, out: Path, runtime: Runtime, settings: Settings) -> None:
    """Judge images until SIGTERM or SIGINT.

    An image gets its overlay, then its line in `OUT/decisions.csv`; what stays unreadable gets a
    line and is then moved to `OUT/unreadable`. A process that is killed in between does it again.

    Args:
        folder: that images arrive in; the folders in it too.
        out: of the decisions; may lie in `folder`.
        runtime: the model.
        settings: `poll_interval`, `settle`, `patience`.

    Raises:
        UserError: there is no such folder, or another process writes to `out`.
        OSError: a decision cannot be written, because the disk is full for example.
    """
    folder, out = folder.resolve(), out.resolve()
    if not folder.is_dir():
        raise UserError(f"{folder}: is no folder")
    ours = [out / OVERLAYS, out / UNREADABLE] + ([out] if out != folder else [])
    if any(folder.is_relative_to(place) for place in ours if place != out):
        raise UserError(f"{folder}: is written by gain-serve watch itself")
    judged = Judged(out / DECISIONS)
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    # A writer that comes while we ask for a lease makes the kernel send this; it would end us.
    before[signal.SIGIO] = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        _log.info("%s: watched with model %s, version %s", folder, runtime.name, runtime.version)
        inspection = Inspection(folder, out, runtime, judged, max_bytes=settings.max_body_bytes)
        _Watch(folder, settings, judged, inspection, ours).run(stop)
    finally:
        stop.set()
        judged.close()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Watch:
    def __init__(
        self,
        folder: Path,
        settings: Settings,
        judged: Judged,
        inspection: Inspection,
        ours: list[Path],
    ) -> None:
        self._folder, self._ours = folder, frozenset(ours)
        self._settings, self._judged, self._inspection = settings, judged, inspection
        self._arriving: dict[Path, Arrival] = {}
        self._present: set[Path] = set()
        self._news: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._missing = False

    def run(self, stop: threading.Event) -> None:
        # What the system does not tell, the scans find.
        threading.Thread(
            target=tell_changes,
            args=(self._folder, self._news.put, stop),
            kwargs={"pause": self._settings.poll_interval},
            daemon=True,
        ).start()
        next_scan = 0.0
        while not stop.is_set():
            if time.monotonic() >= next_scan:
                spent = self._scan()
                pause = max(self._settings.poll_interval, _SCAN_SHARE * spent)
                next_scan = time.monotonic() + pause
            wait = _LOOK if self._arriving else max(0.0, next_scan - time.monotonic())
            self._hear(min(wait, 0.5))
            for path in sorted(self._arriving, key=self._age):
                if stop.is_set():
                    return
                self._look_at(path, self._arriving[path])

    def _hear(self, seconds: float) -> None:
        try:
            self._expect(self._news.get(timeout=seconds))
            while True:
                self._expect(self._news.get_nowait())
        except queue.Empty:
            return

    def _scan(self) -> float:
        start = time.monotonic()
        try:
            present = set(images_in(self._folder, self._ours))
        except OSError as error:
            if not self._missing:
                _log.warning("%s: cannot be listed: %s", self._folder, error.strerror)
            self._missing = True
            return time.monotonic() - start
        self._missing = False
        for path in self._present - present:
            self._judged.forget_content(self._inspection.name(path))
        self._present = present
        for path in present:
            self._expect(path)
        return time.monotonic() - start

    def _expect(self, path: Path) -> None:
        """Wait for a file, unless it is no image, ours, or judged."""
        if path in self._arriving or not is_image_name(path):
            return
        if not self._ours.isdisjoint(path.parents):
            return
        found = signature(path)
        if found is None:
            if path in self._present:
                self._present.discard(path)
                self._judged.forget_content(self._inspection.name(path))
            return
        name = self._inspection.name(path)
        if self._judged.knows(name, found):
            # Its line is written; the process was killed before it was set aside.
            if self._judged.failed(name):
                self._inspection.set_aside(path)
            return
        self._arriving[path] = Arrival(found, time.monotonic())

    def _look_at(self, path: Path, arrival: Arrival) -> None:
        found, moment = signature(path), time.monotonic()
        if found is None:
            del self._arriving[path]
            return
        if found != arrival.signature:
            self._arriving[path] = Arrival(found, moment)
            return
        alone = moment - arrival.since
        if alone < self._settings.settle or moment < arrival.retry:
            return
        if alone < self._settings.patience and is_open_for_writing(path):
            return
        problem = self._inspection.judge(path, found)
        if problem is None:
            del self._arriving[path]
        elif alone < self._settings.patience:
            arrival.retry = arrival.since + self._settings.patience
        else:
            del self._arriving[path]
            self._inspection.give_up(path, found, problem)

    def _age(self, path: Path) -> tuple[int, str]:
        return self._arriving[path].signature.modified, str(path)
