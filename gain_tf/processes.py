"""Processes that end with the one that started them."""

import os
import threading
import time

STARTER = "GAIN_TF_ENDS_WITH"
"""Environment variable: the process with which a command is to end."""

SECONDS = 1.0
"""Between two looks at whether it is still there."""


def end_with(starter: int) -> None:
    """End this process, whatever it is at, when the one that started it is gone.

    A run that went on by itself would meet the next one in its folder.

    Args:
        starter: the process that started this one.
    """

    def watch() -> None:
        while os.getppid() == starter:
            time.sleep(SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_with_starter() -> None:
    """End this process with the one that started it, where that asks for it in the environment."""
    starter = os.environ.pop(STARTER, None)
    if starter is not None:
        end_with(int(starter))
