"""Reading NumPy files in the threads of the input pipeline, one at a time."""

import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

DAMAGED = (ValueError, LookupError, EOFError, BadZipFile, zlib.error, TypeError)
"""What NumPy raises for an archive that is not what it should be, or lacks an array."""

# NumPy reads a header by Python's own parser, and CPython 3.11 counts for all threads together how
# deep that parser is: two of them at once may end in a SystemError.
_ONE_READER = threading.Lock()


def read_array(path: Path) -> np.ndarray:
    """Read an `.npy` file without running anything in it.

    Raises:
        OSError, ValueError, EOFError: as NumPy does.
    """
    with _ONE_READER:
        return np.load(path, allow_pickle=False)


@contextmanager
def arrays_in(path: Path) -> Iterator[Mapping[str, np.ndarray]]:
    """Open an `.npz` archive without running anything in it; arrays are read when asked for.

    Raises:
        OSError: there is no such file.
        DAMAGED: while it is open, too.
    """
    # NumPy does not close a file that it opened and could not read.
    with _ONE_READER, path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        yield arrays
