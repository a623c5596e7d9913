"""Folders that are whole or not there, and of one process at a time."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from gain_tf.errors import UserError
from gain_tf.files import WRITING, name_it, sync, sync_names

REPLACED = ".replaced-"
"""How the name of a folder begins while another takes its place."""

LEFT_BEHIND = 3600.0
"""Seconds without a change after which nobody is writing an unfinished file any more."""


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
def passing_through(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Lend a folder beside `path` for what is read again and goes there in another form.

    Args:
        path: where it goes.

    Yields:
        A temporary folder, gone in the end.

    Raises:
        OSError: a file cannot be written; it names it by its place below `path`.
    """
    path = Path(path)
    temporary = None
    try:
        temporary = Path(tempfile.mkdtemp(prefix=WRITING, dir=path.parent))
        yield temporary
    except OSError as error:
        name_it(error, path, temporary)
        raise
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


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
    old = path.parent / f"{REPLACED}{path.name}"
    if overwrite:
        _settle(path, old)
    with passing_through(path) as temporary:
        yield temporary
        temporary.chmod(0o755)
        for place, _, files in os.walk(temporary):
            for name in files:
                sync(Path(place, name))
            sync_names(Path(place))
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
        sync_names(path.parent)


def _settle(path: Path, old: Path) -> None:
    """Put back the folder that a killed process was replacing, or remove it if it had done so."""
    if not old.exists():
        return
    if path.exists():
        # What cannot be removed would be in the way once the new folder is made: said now.
        shutil.rmtree(old)
    else:
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
            # Whoever may not remove somebody else's can work beside it.
            with suppress(OSError):
                path.unlink()
