"""What commands report as a sentence instead of a traceback."""

import errno
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

GIVEN_OUT = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO)
"""What a disk answers that takes no more; TensorFlow hands on the words, without the number."""

_NO_MEMORY = re.compile(
    r"out[ _]of[ _]memory|oom when allocating|(failed|unable) to allocate|bad[ _]alloc"
    r"|dst tensor is not initialized|_alloc_failed",
    re.IGNORECASE,
)
"""How TensorFlow, XLA, CUDA's libraries, NumPy and C++ say it, in errors of several kinds."""

_DEVICE = re.compile(r"device:([A-Z]+:[0-9]+)")


class UserError(ValueError):
    """The user asked for something that cannot be; the message says what would be right."""


class FailedError(RuntimeError):
    """What was asked for was tried and did not come out; the message says how and where."""


class MemoryUsedUpError(FailedError):
    """There is no memory left for what was asked for.

    Args:
        place: whose memory, such as "GPU:0".
        work: what could not be done, with a colon; "" for all that a command does.
    """

    def __init__(self, place: str, work: str = "") -> None:
        super().__init__(f"{work}the memory of {place} is used up")
        self.place = place


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
    if (place := used_up(error)) is not None:
        return str(MemoryUsedUpError(place))
    message = _of_tensorflow(error)
    return None if message is None else _of_disk(message)


def first_line(error: Exception) -> str:
    """Return the first line of what an error says, its name where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def used_up(error: Exception, *, quoted: bool = False) -> str | None:
    """Tell whether an error says that there is no memory left, and where.

    Args:
        error: any.
        quoted: whether it may be of any kind and quote another, as Keras does where it loads
            weights.

    Returns:
        "this machine", a device such as "GPU:0", or "the device" where TensorFlow names none; None
        for an error that is about something else.
    """
    if isinstance(error, MemoryUsedUpError):
        return error.place
    if isinstance(error, MemoryError):
        return "this machine"
    message = _of_tensorflow(error)
    if message is None:
        return "this machine" if quoted and _NO_MEMORY.search(str(error)) else None
    # TensorFlow says of a full disk as well that a resource is exhausted.
    if _of_disk(message) is not None:
        return None
    exhausted = isinstance(error, sys.modules["tensorflow"].errors.ResourceExhaustedError)
    if not exhausted and not _NO_MEMORY.search(message):
        return None
    device = _DEVICE.search(message)
    return device[1] if device else "the device"


@contextmanager
def advising_on_memory(advice: str) -> Iterator[None]:
    """Say, where memory is used up, what needs less of it; also a decorator of a command.

    Args:
        advice: such as "a smaller --batch-size needs less".

    Raises:
        FailedError: memory is used up.
    """
    try:
        yield
    except Exception as error:
        place = used_up(error)
        if place is None:
            raise
        said = error if isinstance(error, MemoryUsedUpError) else MemoryUsedUpError(place)
        raise FailedError(f"{said}; {advice}. What was done is kept") from error


def _of_tensorflow(error: Any) -> str | None:
    # Whoever has not loaded it has none of its errors.
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and isinstance(error, tensorflow.errors.OpError):
        return error.message
    return None


def _of_disk(message: str) -> str | None:
    for reason in map(os.strerror, GIVEN_OUT):
        if reason in message:
            # One line of many says what the disk answered.
            line = next(line for line in message.splitlines() if reason in line)
            return f"a file cannot be written: {line.strip()}"
    return None
