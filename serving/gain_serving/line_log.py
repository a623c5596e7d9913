"""A file that only grows, by whole lines."""

import errno
import os
import threading
from pathlib import Path
from typing import Self


class LineLog:
    """Appends lines; a killed process leaves whole lines, save perhaps the one in flight.

    A line is one `write` to a descriptor that always appends, so several threads, and several
    processes, may share the file. A torn last line, which only a power cut or a full disk leaves,
    is ended when the file is opened. A file that was renamed away, as log rotation does, is begun
    anew.

    Args:
        path: of the file; its folder is made.
        header: first line of an empty file, without its end.
        durable: wait after each line until it is on the disk, so that a power cut loses none.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, header: str | None = None, durable: bool = False
    ) -> None:
        self.path = Path(path)
        self._header = header
        self._durable = durable
        self._lock = threading.Lock()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = self._open()

    def append(self, line: str) -> None:
        """Write one line.

        Args:
            line: without its end, and without a line break in it.

        Raises:
            OSError: it could not be written whole; what was written of it is ended as a line of
                its own before the next one.
        """
        data = line.encode() + b"\n"
        with self._lock:
            try:
                if self._moved():
                    os.close(self._descriptor)
                    self._descriptor = self._open()
                _write(self._descriptor, data)
                if self._durable:
                    os.fdatasync(self._descriptor)
            except OSError as error:
                # The system does not say which file a descriptor was.
                error.filename = str(self.path)
                raise

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> int:
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _end_torn_line(descriptor)
            if self._header is not None and not os.fstat(descriptor).st_size:
                _write(descriptor, self._header.encode() + b"\n")
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def _moved(self) -> bool:
        try:
            return not os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except FileNotFoundError:
            return True


def _write(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    if written < len(data):
        # The disk filled up within the line; saying why is left to the next attempt's error.
        _end_torn_line(descriptor)
        raise OSError(errno.EIO, f"only {written} of {len(data)} bytes of a line were written")


def _end_torn_line(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.write(descriptor, b"\n")
