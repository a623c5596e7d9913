"""What has been judged in a watched folder: the CSV file that is also the memory."""

import csv
import fcntl
import io
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gain_serving.errors import UserError
from gain_serving.line_log import LineLog
from gain_serving.record import cell

COLUMNS = (
    "time",
    "image",
    "verdict",
    "accepted",
    "scores",
    "threshold",
    "reject_band",
    "overlay",
    "error",
    "model",
    "version",
    "model_sha256",
    "image_sha256",
    "image_bytes",
    "image_modified_ns",
)


@dataclass(frozen=True)
class Signature:
    """A file as the disk knows it, without reading it.

    Attributes:
        size: bytes.
        modified: nanoseconds since 1970.
    """

    size: int
    modified: int


@dataclass(frozen=True)
class _Seen:
    signature: Signature
    sha256: str | None
    failed: bool


class Judged:
    """The decisions on a folder's images, one line each.

    An image is known by its name and either its size and time, or its content: so a folder that
    was copied, touched, or mounted with coarser times is not judged again.

    Args:
        path: of the CSV file, which is made or continued.

    Raises:
        UserError: another process is writing it, or it is another kind of file.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = path.with_name(f".{path.name}.lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise UserError(f"{path}: another gain-serve watch is writing it") from error
        try:
            self._seen = _read(path)
            self._lines = LineLog(path, header=_line(COLUMNS), durable=True)
        except (UserError, OSError):
            self._lock.close()
            raise

    def knows(self, name: str, signature: Signature) -> bool:
        """Tell whether the file is one that has been judged, without reading it."""
        seen = self._seen.get(name)
        return seen is not None and seen.signature == signature

    def knows_content(self, name: str, signature: Signature, sha256: str) -> bool:
        """Tell whether the file's content has been judged under this name; then know it again."""
        seen = self._seen.get(name)
        if seen is None or seen.sha256 != sha256:
            return False
        self._seen[name] = _Seen(signature, sha256, seen.failed)
        return True

    def failed(self, name: str) -> bool:
        """Tell whether the image could not be judged."""
        seen = self._seen.get(name)
        return seen is not None and seen.failed

    def forget_content(self, name: str) -> None:
        """Take what comes under this name next for a new image: the old one has left."""
        seen = self._seen.get(name)
        if seen is not None:
            self._seen[name] = _Seen(seen.signature, None, seen.failed)

    def add(self, name: str, signature: Signature, record: dict[str, Any]) -> None:
        """Write a line, and know the image from now on.

        Args:
            name: of the image.
            signature: of the file when it was read.
            record: values of the other columns; what is missing is left empty.

        Raises:
            OSError: the line cannot be written.
        """
        values = record | {
            "image": name,
            "image_bytes": signature.size,
            "image_modified_ns": signature.modified,
        }
        self._lines.append(_line([cell(values.get(column)) for column in COLUMNS]))
        self._seen[name] = _Seen(signature, record.get("image_sha256"), bool(record.get("error")))

    def close(self) -> None:
        """Let another process continue the file."""
        self._lines.close()
        self._lock.close()


def printable(name: str) -> str:
    """Write a file's name so that it fits on a line of UTF-8, whatever bytes are in it."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(
        f"\\x{ord(sign):02x}" if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign
        for sign in text
    )


def _read(path: Path) -> dict[str, _Seen]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return {}
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        # Only a power cut or a full disk tears a line; its image is judged again.
        os.truncate(path, len(whole))
    table = csv.DictReader(io.StringIO(whole.decode("utf-8", "replace"), newline=""))
    if table.fieldnames is not None and tuple(table.fieldnames) != COLUMNS:
        raise UserError(
            f"{path}: has other columns than this version writes; move it away, or give another "
            "--out (images that lie in the folder will then be judged anew)"
        )
    seen = {}
    for row in table:
        try:
            signature = Signature(int(row["image_bytes"]), int(row["image_modified_ns"]))
        except (TypeError, ValueError):
            continue
        seen[row["image"]] = _Seen(signature, row["image_sha256"] or None, bool(row["error"]))
    return seen


def _line(values: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(values)
    return buffer.getvalue()
