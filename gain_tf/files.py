"""Files that are whole or not there."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gain_tf.errors import UserError

WRITING = ".writing-"
"""How the name of a file or folder begins that is not whole yet."""

REPLACED = ".replaced-"
"""How the name of a folder begins while another takes its place."""

LEFT_BEHIND = 3600.0
"""Seconds without a change after which nobody is writing an unfinished file any more."""


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
            _sync(temporary)
        # mkstemp lets only the owner read.
        temporary.chmod(0o644)
        temporary.replace(path)
        if lasting:
            _sync_names(path.parent)
    except OSError as error:
        _name(error, path, temporary)
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


def _name(error: OSError, path: Path, temporary: Path | None) -> None:
    """Let an error name what will be at `path`, not what is temporary; None was not made."""
    named = error.filename
    # A full disk is noticed by a write, which knows no name.
    if named is None or temporary is None:
        error.filename = str(path)
    elif isinstance(named, str | os.PathLike) and Path(named).is_relative_to(temporary):
        error.filename = str(path / Path(named).relative_to(temporary))


def _sync(path: Path) -> None:
    """Wait until the disk has what is in a file."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_names(folder: Path) -> None:
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


def made(folder: str | os.PathLike[str], option: str) -> Path:
    """Make a folder, with those above it, or find it there.

    Args:
        folder: to be made.
        option: by which the user named it, such as "--out".

    Raises:
        UserError: it cannot be made.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{option}: the folder {folder} cannot be made: {error.strerror}"
        ) from error
    return folder


@contextmanager
def new_folder(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Fill a folder under a temporary name beside `path`, then rename: it is whole or not there.

    Folders change places in two steps, as not every file system can in one: a process that is
    killed between them leaves the old folder as `.replaced-NAME` beside `path`, and nothing there.
    The next that overwrites `path` first puts it back.

    Args:
        path: of the folder.
        overwrite: whether one that lies there is replaced; it stays until the new one is whole.

    Yields:
        The temporary folder.

    Raises:
        OSError: the folder cannot be written, or something lies at `path` by then; it names the
            file by its place below `path`.
    """
    path = Path(path)
    temporary, old = None, path.parent / f"{REPLACED}{path.name}"
    try:
        if overwrite:
            _settle(path, old)
        temporary = Path(tempfile.mkdtemp(prefix=WRITING, dir=path.parent))
        yield temporary
        temporary.chmod(0o755)
        for place, _, files in os.walk(temporary):
            for name in files:
                _sync(Path(place, name))
            _sync_names(Path(place))
        if overwrite and path.is_dir():
            path.replace(old)
            try:
                temporary.replace(path)
            except BaseException:
                with suppress(OSError):
                    old.replace(path)
                raise
            shutil.rmtree(old, ignore_errors=True)
        else:
            temporary.replace(path)
        _sync_names(path.parent)
    except OSError as error:
        _name(error, path, temporary)
        raise
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def _settle(path: Path, old: Path) -> None:
    """Put back the folder that a killed process was replacing, or remove it if it had done so."""
    if path.exists():
        shutil.rmtree(old, ignore_errors=True)
    elif old.exists():
        old.replace(path)


@contextmanager
def alone_in(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Keep other processes out of a folder while this one works in it; killed, it leaves it open.

    Args:
        folder: that is there.

    Raises:
        UserError: another process works in it.
    """
    try:
        with FileLock(Path(folder, ".lock"), timeout=0):
            yield
    except Timeout as error:
        raise UserError(f"{folder}: another process is at work in this folder") from error


def clear_left_behind(folder: str | os.PathLike[str]) -> None:
    """Remove what killed processes were writing below a folder: unfinished files and folders.

    What somebody may still be writing stays: see `LEFT_BEHIND`.
    """
    for path in list(Path(folder).rglob(f"{WRITING}*")):
        try:
            changed = max(each.stat().st_mtime for each in (path, *path.rglob("*")))
        except FileNotFoundError:
            # Finished, or within one that is removed already.
            continue
        if time.time() - changed < LEFT_BEHIND:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
