"""Judge the images of a folder as they arrive, each once, whatever happens in between."""

import logging
import queue
import shutil
import signal
import threading
import time
from pathlib import Path

import watchfiles

from gain_serving.arrival import (
    Arrival,
    images_in,
    is_image_name,
    is_open_for_writing,
    signature,
)
from gain_serving.audit import image_sha256
from gain_serving.errors import BadImageError, ServingError, TooLargeError, UserError
from gain_serving.files import write_whole
from gain_serving.judged import Judged, Signature, printable
from gain_serving.record import decision_record, now
from gain_serving.runtime import Runtime
from gain_serving.settings import Settings

DECISIONS = "decisions.csv"
OVERLAYS = "overlays"
UNREADABLE = "unreadable"

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
        _Watch(folder, out, runtime, settings, judged, ours).run(stop)
    finally:
        stop.set()
        judged.close()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Watch:
    def __init__(
        self,
        folder: Path,
        out: Path,
        runtime: Runtime,
        settings: Settings,
        judged: Judged,
        ours: list[Path],
    ) -> None:
        self._folder, self._out, self._ours = folder, out, frozenset(ours)
        self._runtime, self._settings, self._judged = runtime, settings, judged
        self._arriving: dict[Path, Arrival] = {}
        self._present: set[Path] = set()
        self._news: queue.SimpleQueue[Path] = queue.SimpleQueue()
        self._missing = False
        self._stuck: set[Path] = set()

    def run(self, stop: threading.Event) -> None:
        threading.Thread(target=self._listen, args=(stop,), daemon=True).start()
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

    def _listen(self, stop: threading.Event) -> None:
        """Hear of changes at once; what the system does not tell, the scans find."""
        while not stop.is_set():
            try:
                for changes in watchfiles.watch(
                    self._folder,
                    watch_filter=None,
                    debounce=100,
                    step=20,
                    rust_timeout=500,
                    stop_event=stop,
                    raise_interrupt=False,
                ):
                    for _, path in changes:
                        self._news.put(Path(path))
            except (OSError, RuntimeError) as error:
                # A name that is no UTF-8, a folder that left, no more watches to be had.
                _log.debug("%s: changes are not told: %s", self._folder, error)
                stop.wait(self._settings.poll_interval)

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
            self._judged.forget_content(self._name(path))
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
                self._judged.forget_content(self._name(path))
            return
        name = self._name(path)
        if self._judged.knows(name, found):
            # Its line is written; the process was killed before it was set aside.
            if self._judged.failed(name):
                self._set_aside(path)
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
        problem = self._judge(path, found)
        if problem is None:
            del self._arriving[path]
        elif alone < self._settings.patience:
            arrival.retry = arrival.since + self._settings.patience
        else:
            del self._arriving[path]
            self._give_up(path, found, problem)

    def _judge(self, path: Path, found: Signature) -> str | None:
        """Judge a file that seems complete; say why it cannot be, None where nothing is left."""
        name = self._name(path)
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
            drawn = f"{OVERLAYS}/{path.relative_to(self._folder)}.{digest[:8]}.png"
            write_whole(self._out / drawn, decision.overlay)
            record["overlay"] = printable(drawn)
        self._judged.add(name, found, record)
        return None

    def _read(self, path: Path, found: Signature) -> bytes | None:
        """Read a file; None if it left, or if somebody writes to it again: then it is heard of."""
        limit = self._settings.max_body_bytes
        if found.size > limit:
            raise TooLargeError(f"has {found.size} bytes, more than the {limit} of max_body_bytes")
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise BadImageError(f"cannot be read: {error.strerror}") from error
        return data if signature(path) == found else None

    def _give_up(self, path: Path, found: Signature, problem: str) -> None:
        name = self._name(path)
        _log.warning("%s: set aside: %s", name, problem)
        self._judged.add(name, found, {"time": now(), "error": problem})
        self._set_aside(path)

    def _set_aside(self, path: Path) -> None:
        place = self._out / UNREADABLE / path.relative_to(self._folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        number = 1
        while place.exists():
            number += 1
            place = place.with_name(f"{path.stem}-{number}{path.suffix}")
        try:
            shutil.move(path, place)
        except OSError as error:
            if path not in self._stuck:
                _log.warning("%s: cannot be set aside: %s", path, error.strerror or error)
            self._stuck.add(path)

    def _name(self, path: Path) -> str:
        return printable(str(path.relative_to(self._folder)))

    def _age(self, path: Path) -> tuple[int, str]:
        return self._arriving[path].signature.modified, str(path)
