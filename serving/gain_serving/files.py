"""Files that are whole or not there."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file under a temporary name and rename it: a crash leaves the old one, or none.

    Args:
        path: of the file; its folder is made.
        content: of the file.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp lets only the owner read.
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        # The system does not say which file a descriptor was.
        error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
