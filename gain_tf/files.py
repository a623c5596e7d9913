"""Files that are whole or not there."""

import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gain_tf.errors import UserError

WRITING = ".writing-"
"""How the name of a file or folder begins that is not whole yet."""


@contextmanager
def replacing(path: str | os.PathLike[str], *, lasting: bool = True) -> Iterator[Path]:
    """Write under a temporary name beside `path`, then rename: a crash leaves the old file.

    Args:
        path: of the file to be written; its ending is kept, as Keras looks at it.
        lasting: wait until the disk has it; not for what no crash outlives.

    Yields:
        The temporary path.

    Raises:
        OSError: the file cannot be written; it names `path`, whatever it came from.
    """
    path = Path(path)
    temporary = None
    try:
        handle, name = tempfile.mkstemp(prefix=WRITING, suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        if lasting:
            sync(temporary)
        # mkstemp lets only the owner read.
        temporary.chmod(0o644)
        temporary.replace(path)
        if lasting:
            sync_names(path.parent)
    except OSError as error:
        name_it(error, path, temporary)
        raise
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Let an error that knows no name, as that of a full disk does, name a file.

    Args:
        path: of the file that is written.

    Raises:
        OSError: the same one.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def name_it(error: OSError, path: Path, temporary: Path | None) -> None:
    """Let an error name what will be at `path`, not what is temporary.

    Args:
        error: of whoever wrote.
        path: of a file or a folder.
        temporary: what stands for it until it is whole; None where it was not made.
    """
    named = error.filename
    # A full disk is noticed by a write, which knows no name.
    if named is None or temporary is None:
        error.filename = str(path)
    elif isinstance(named, str | os.PathLike) and Path(named).is_relative_to(temporary):
        error.filename = str(path / Path(named).relative_to(temporary))


def sync(path: Path) -> None:
    """Wait until the disk has what is in a file."""
    # Windows asks for the right to write; elsewhere a file may lack it.
    with path.open("r+b" if os.name == "nt" else "rb") as file:
        os.fsync(file.fileno())


def sync_names(folder: Path) -> None:
    """Wait until the disk has the names in a folder, where the file system can be asked to."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        # Windows opens no folder, and some may be written to and not read.
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the hash of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: str | os.PathLike[str], remedy: str) -> dict[str, Any]:
    """Read what a run or a command wrote down.

    Args:
        path: of a JSON file that holds keys and values.
        remedy: what to do where it is damaged.

    Raises:
        UserError: it holds something else, such as the first half.
    """
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not found:
        raise UserError(f"{path}: is damaged; {remedy}")
    return found
