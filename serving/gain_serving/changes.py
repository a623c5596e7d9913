"""What the system tells of a folder's changes, as they happen."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import watchfiles

_log = logging.getLogger(__name__)


def tell_changes(
    folder: Path, tell: Callable[[Path], object], stop: threading.Event, *, pause: float
) -> None:
    """Tell of every path that changes, until stopped; some changes the system does not tell.

    Args:
        folder: that is listened to; the folders in it too.
        tell: is called with each path.
        stop: ends it.
        pause: seconds to wait where listening failed.
    """
    while not stop.is_set():
        try:
            for changes in watchfiles.watch(
                folder,
                watch_filter=None,
                debounce=100,
                step=20,
                rust_timeout=500,
                stop_event=stop,
                raise_interrupt=False,
            ):
                for _, path in changes:
                    tell(Path(path))
        except (OSError, RuntimeError) as error:
            # A name that is no UTF-8, a folder that left, no more watches to be had.
            _log.debug("%s: changes are not told: %s", folder, error)
            stop.wait(pause)
