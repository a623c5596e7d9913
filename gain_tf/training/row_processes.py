"""The processes in which rows are trained side by side, each with its share of the cores.

They load TensorFlow, which takes seconds, from the moment they are made, and so may be made before
there is a row to train.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from typing import Any

from loky import ProcessPoolExecutor
from loky.process_executor import BrokenProcessPool

from gain_tf.config import Config
from gain_tf.processes import end_with
from gain_tf.training.rows import asked_for, by_network, rows_of

NEEDED = "gain_tf.training.finish"
"""What a process loads before it has a row."""


class RowProcesses:
    """Processes that wait for rows.

    Args:
        count: how many.
        parallel: among how many the cores are shared.
    """

    def __init__(self, count: int, parallel: int) -> None:
        share = max(1, (os.cpu_count() or 1) // parallel)
        self._pool = ProcessPoolExecutor(
            count,
            # In the environment: TensorFlow asks for it once, before it can be told.
            env={"TF_NUM_INTRAOP_THREADS": str(share)},
            initializer=_make_ready,
            initargs=(os.getpid(),),
        )
        # None is started before there is something to do.
        self._pool.submit(int)

    def submit(self, work: Callable[..., Any], *arguments: Any) -> Future:
        """Do a piece of work in the process that is free next.

        Returns:
            Its result to come, or the error that ended it, or ended a process before.
        """
        try:
            return self._pool.submit(work, *arguments)
        except BrokenProcessPool as error:
            failed: Future = Future()
            failed.set_exception(error)
            return failed

    def end(self) -> None:
        """End the processes, whatever they are at."""
        self._pool.shutdown(kill_workers=True)


def row_processes(config: Config) -> RowProcesses | None:
    """Start the processes that a run's rows will be trained in.

    Args:
        config: of the run.

    Returns:
        As many as there are networks to train, up to `run.parallel`; None where rows come one after
        the other.

    Raises:
        ConfigError: `run.rows` asks for rows that there are not.
    """
    rows, parallel = rows_of(config), config.run.parallel
    wanted = asked_for(rows, config.run.rows)
    if parallel == 1 or len(wanted) == 1:
        return None
    return RowProcesses(min(parallel, len(by_network(rows, wanted))), parallel)


def _make_ready(starter: int) -> None:
    end_with(starter)
    # Who interrupts the command reads of that once, not of each import that it breaks.
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
    import_module(NEEDED)
    signal.signal(signal.SIGINT, interrupted)
