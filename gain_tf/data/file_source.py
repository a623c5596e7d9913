"""Files by name, out of a folder or straight out of a tar archive.

An archive is read where it lies and never unpacked: nothing in it, no path, link or device, can
touch the disk, and it takes no room twice.
"""

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from gain_tf.data.files import DataError

LARGEST_FILE = 64 * 2**20
LARGEST_ARCHIVE = 16 * 2**30
MOST_FILES = 500_000
MOST_KEPT = 2**30
"""What an archive may hold: bytes of a file, bytes and files of all, bytes kept in memory."""


class FileSource(Protocol):
    """Files by name."""

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a file of this name, such as `VOC2012/Annotations/x.xml`."""
        ...

    def read(self, name: str) -> bytes:
        """Return the content of a file.

        Raises:
            DataError: the file is not there or cannot be read.
        """
        ...

    def place(self, name: str) -> str:
        """Say where a file lies, for errors."""
        ...


@dataclass(frozen=True)
class FolderSource:
    """The files below a folder.

    Attributes:
        root: the folder.
    """

    root: Path

    def __contains__(self, name: str) -> bool:
        return (self.root / name).is_file()

    def read(self, name: str) -> bytes:
        """Return the content of a file; see `FileSource.read`."""
        try:
            return (self.root / name).read_bytes()
        except OSError as error:
            raise DataError([f"{self.place(name)}: cannot be read: {error.strerror}"]) from error

    def place(self, name: str) -> str:
        """Return the path of a file."""
        return str(self.root / name)


@dataclass(frozen=True)
class TarSource:
    """The files in a tar archive; see `open_archive`.

    Attributes:
        path: of the archive.
        files: by name, what was kept of each: its bytes, or its place (offset, size).
    """

    path: Path
    files: dict[str, bytes | tuple[int, int]] = field(repr=False)

    def __contains__(self, name: str) -> bool:
        return name in self.files

    def read(self, name: str) -> bytes:
        """Return the content of a file; see `FileSource.read`."""
        kept = self.files.get(name)
        if kept is None:
            raise DataError([f"{self.place(name)}: is not there"])
        if isinstance(kept, bytes):
            return kept
        offset, size = kept
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                data = file.read(size)
        except OSError as error:
            raise DataError([f"{self.path}: cannot be read: {error.strerror}"]) from error
        if len(data) < size:
            raise DataError([f"{self.place(name)}: is cut off"])
        return data

    def place(self, name: str) -> str:
        """Return the archive and the name of a file in it."""
        return f"{self.path}: {name}"


def open_archive(path: Path, wanted: Collection[str]) -> TarSource:
    """Look through a tar archive, plain or compressed by gzip.

    What is wanted of a compressed archive is kept in memory, since nothing but its beginning can
    be reached directly; of a plain one only the places are.

    Args:
        path: of the archive.
        wanted: names of files, and of folders ending in a slash. The rest is passed over.

    Returns:
        What is wanted, by name.

    Raises:
        DataError: the file is no such archive, or one that nobody means well with: names that
            lead out of a folder, devices, links among what is wanted, sizes past all bounds.
    """
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            plain: io.BufferedIOBase = gzip.GzipFile(fileobj=file) if compressed else file
            # A header that claims gigabytes is refused before it is read: tarfile would not.
            with tarfile.open(fileobj=_Bounded(plain), mode="r:") as archive:
                return TarSource(path, _files(archive, wanted, compressed))
    except _RefusedError as error:
        raise DataError([f"{path}: {error}"]) from error
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError([f"{path}: is no whole tar archive: {error}"]) from error
    except OSError as error:
        raise DataError([f"{path}: cannot be read: {error.strerror}"]) from error


def _files(
    archive: tarfile.TarFile, wanted: Collection[str], compressed: bool
) -> dict[str, bytes | tuple[int, int]]:
    folders = tuple(name for name in wanted if name.endswith("/"))
    files: dict[str, bytes | tuple[int, int]] = {}
    kept = 0
    for number, member in enumerate(archive):
        if number >= MOST_FILES:
            raise _RefusedError(f"holds more than {MOST_FILES} files")
        pure = PurePosixPath(member.name)
        if pure.is_absolute() or ".." in pure.parts:
            raise _RefusedError(f"the name {member.name!r} leads out of the archive's folder")
        if member.isdev():
            raise _RefusedError(f"{member.name!r} is a device")
        name = pure.as_posix()
        if member.isdir() or not (name in wanted or name.startswith(folders)):
            continue
        if not member.isreg() or member.issparse():
            raise _RefusedError(f"{name} is no plain file")
        if member.size > LARGEST_FILE:
            raise _RefusedError(f"{name} is larger than {LARGEST_FILE >> 20} MiB")
        files[name] = (member.offset_data, member.size)
        if compressed:
            kept += member.size
            if kept > MOST_KEPT:
                raise _RefusedError(f"holds more than {MOST_KEPT >> 20} MiB of small files")
            extracted = archive.extractfile(member)
            files[name] = extracted.read() if extracted else b""
    return files


class _RefusedError(Exception):
    """An archive is not used; the message says why, without its name."""


class _Bounded(io.BufferedIOBase):
    """A file for `tarfile` that is never read in large pieces nor past a bound."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self.file = file

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= LARGEST_FILE + tarfile.RECORDSIZE:
            raise _RefusedError(f"holds a header larger than {LARGEST_FILE >> 20} MiB")
        return self.file.read(size)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if offset > LARGEST_ARCHIVE:
            raise _RefusedError(f"is larger than {LARGEST_ARCHIVE >> 30} GiB")
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()
