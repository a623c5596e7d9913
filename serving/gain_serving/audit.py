"""The audit log: what was decided, on which image, by which model."""

import hashlib
import json
import os
from pathlib import Path
from typing import Self

import numpy as np

from gain_serving.decision import Decision
from gain_serving.errors import AuditError
from gain_serving.files import write_whole
from gain_serving.line_log import LineLog
from gain_serving.record import decision_record, now


class AuditLog:
    """A JSON line for every decision, and its overlay beside it.

    May be used from several threads, and several processes may share a file. A killed process
    loses at most the line in flight.

    Args:
        path: of the log; its folder is made.
        overlays: folder for the overlays, a folder a day; None keeps none.

    Raises:
        AuditError: the log cannot be opened.
    """

    def __init__(
        self, path: str | os.PathLike[str], overlays: str | os.PathLike[str] | None = None
    ) -> None:
        try:
            self._lines = LineLog(path)
        except OSError as error:
            raise AuditError(f"{path}: the audit log cannot be opened: {error.strerror}") from error
        self._overlays = None if overlays is None else Path(overlays)

    def write(self, decision: Decision, image: bytes | np.ndarray) -> None:
        """Log one decision; its overlay, where it has one, is on the disk before the line is.

        Args:
            decision: on the image.
            image: as it came: encoded bytes, or uint8 pixels (H, W, 3).

        Raises:
            AuditError: the line or the overlay could not be written.
        """
        digest = image_sha256(image)
        time = now()
        try:
            overlay = self._keep(decision.overlay, time, digest)
            line = {
                "time": time,
                "image_sha256": digest,
                **decision_record(decision),
                "overlay": overlay,
            }
            self._lines.append(json.dumps(line, ensure_ascii=False))
        except OSError as error:
            raise AuditError(
                f"{self._lines.path}: the audit log cannot be written: {error.strerror or error}"
            ) from error

    def close(self) -> None:
        """Close the log."""
        self._lines.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _keep(self, overlay: bytes | None, time: str, digest: str) -> str | None:
        if overlay is None or self._overlays is None:
            return None
        day, clock = time[:10], time[11:23].replace(":", "")
        path = self._overlays / day / f"{clock}-{digest[:16]}.png"
        write_whole(path, overlay)
        return str(path)


def image_sha256(image: bytes | np.ndarray) -> str:
    """Hash an image as it came.

    Args:
        image: encoded bytes, or uint8 pixels (H, W, 3), hashed row by row.

    Returns:
        SHA-256 in hex.
    """
    data = image if isinstance(image, bytes) else np.ascontiguousarray(image).data
    return hashlib.sha256(data).hexdigest()
