"""The files below a folder: all of them, or a sentence that says which folder keeps some back."""

import errno
import os
from collections.abc import Collection
from pathlib import Path

from gain_tf.data.files import DataError

OF_THE_SYSTEM = (
    "lost+found",
    "System Volume Information",
    "$RECYCLE.BIN",
    "#recycle",
    "@eaDir",
)
"""Folders that systems keep on a disk for themselves, as they do hidden ones."""


def named_below(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """List what bears one of some endings, at any depth; links to folders are not followed.

    `Path.rglob` passes over a folder that it may not read, and data would be missing unsaid. A
    folder of the system's own, hidden or of `OF_THE_SYSTEM`, is passed over where it may not be
    read: nobody keeps data there.

    Args:
        folder: that is there.
        suffixes: in lower case, with their dots; those of the files may be in any case.

    Returns:
        Sorted paths of files, and of folders that are named like files.

    Raises:
        DataError: folders cannot be read; all of them are named.
    """
    problems: list[str] = []

    def note(error: OSError) -> None:
        place = Path(error.filename)
        inside = place.relative_to(folder).parts
        if any(part.startswith(".") or part in OF_THE_SYSTEM for part in inside):
            return
        denied = error.errno in (errno.EACCES, errno.EPERM)
        remedy = "; make it readable, or move it away" if denied else ""
        problems.append(f"{place}: the folder cannot be read: {error.strerror}{remedy}")

    found: list[Path] = []
    for place, folders, files in os.walk(folder, onerror=note):
        try:
            # Of some folders the names can be listed, and nothing be said of what bears them.
            os.stat(os.path.join(place, "."))
        except OSError as error:
            error.filename = place
            note(error)
            folders.clear()
        paths = (Path(place, name) for name in (*folders, *files))
        found += [path for path in paths if path.suffix.lower() in suffixes]
    if problems:
        raise DataError(sorted(problems))
    return sorted(found)
