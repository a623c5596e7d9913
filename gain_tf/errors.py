"""What commands report as a sentence instead of a traceback."""

import errno
import os
import re
import sys

GIVEN_OUT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO)
"""What a disk answers that takes no more; TensorFlow hands on the words, without the number."""

_DEVICE = re.compile(r"device:([A-Z]+:[0-9]+)")


class UserError(ValueError):
    """The user asked for something that cannot be; the message says what would be right."""


class FailedError(RuntimeError):
    """What was asked for was tried and did not come out; the message says how and where."""


def failure_sentence(error: Exception) -> str | None:
    """Say what stopped a command, where it was the work or the machine, not the library.

    Args:
        error: that ended the command.

    Returns:
        A sentence; None for an error that only its traceback explains.
    """
    if isinstance(error, FailedError | FloatingPointError):
        # Such as diverged training: what is to be done is in the message.
        return str(error)
    if isinstance(error, OSError):
        reason = error.strerror or str(error)
        return f"{reason}: {error.filename}" if error.filename else reason
    if isinstance(error, MemoryError):
        return _out_of_memory("this machine")
    # Whoever has not loaded it has none of its errors.
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and isinstance(error, tensorflow.errors.OpError):
        exhausted = isinstance(error, tensorflow.errors.ResourceExhaustedError)
        return _of_tensorflow(error.message, exhausted=exhausted)
    return None


def _of_tensorflow(message: str, *, exhausted: bool) -> str | None:
    for reason in map(os.strerror, GIVEN_OUT):
        if reason in message:
            # One line of many says what the disk answered.
            line = next(line for line in message.splitlines() if reason in line)
            return f"a file cannot be written: {line.strip()}"
    if exhausted or "out of memory" in message.lower():
        device = _DEVICE.search(message)
        return _out_of_memory(device[1] if device else "the device")
    return None


def _out_of_memory(place: str) -> str:
    return (
        f"the memory of {place} is used up; a smaller data.batch_size or data.image_size needs "
        "less. What was done is kept"
    )
