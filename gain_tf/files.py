"""Files that are whole or not there."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Write under a temporary name beside `path`, then rename: a crash leaves the old file.

    Args:
        path: of the file to be written; its ending is kept, as Keras looks at it.

    Yields:
        The temporary path.
    """
    path = Path(path)
    handle, name = tempfile.mkstemp(prefix=".writing-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        # mkstemp lets only the owner read.
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[Path]:
    """Fill a folder under a temporary name beside `path`, then rename: it is whole or not there.

    Args:
        path: of the folder.
        overwrite: whether one that lies there is replaced; it stays until the new one is whole.

    Yields:
        The temporary folder.

    Raises:
        OSError: something lies at `path` by then.
    """
    path = Path(path)
    temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=path.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        if overwrite and path.exists():
            old = Path(tempfile.mkdtemp(prefix=".replaced-", dir=path.parent))
            path.replace(old)
            temporary.replace(path)
            shutil.rmtree(old)
        else:
            temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
