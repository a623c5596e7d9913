"""Which files of a folder are images, and when one is completely written."""

import fcntl
import os
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from gain_serving.judged import Signature

SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".dib", ".tif", ".tiff", ".webp"})


@dataclass
class Arrival:
    """A file that is waiting to be judged.

    Attributes:
        signature: when it was looked at last.
        since: time on the monotonic clock from when on it has been left alone.
        retry: time before which there is no use in trying.
    """

    signature: Signature
    since: float
    retry: float = 0.0


def is_image_name(path: Path) -> bool:
    """Tell whether a file is meant to be an image: by its ending, and not hidden."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def images_in(folder: Path, without: Collection[Path]) -> Iterator[Path]:
    """List the images of a folder and the folders in it.

    Args:
        folder: to be listed.
        without: folders that are left out.

    Yields:
        Paths that begin with `folder`.

    Raises:
        OSError: the folder cannot be listed; one in it that cannot be is left out.
    """
    with os.scandir(folder):
        pass
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [
            name for name in folders if not name.startswith(".") and here / name not in without
        ]
        yield from (here / name for name in files if is_image_name(here / name))


def signature(path: Path) -> Signature | None:
    """Look at a file without reading it; None if it is gone, or no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return Signature(status.st_size, status.st_mtime_ns)


def is_open_for_writing(path: Path) -> bool:
    """Ask the kernel whether a process of this machine has the file open to write to it.

    A read lease is granted only where nobody has. File systems without leases, and files of other
    users, give no answer; then time must tell.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
