"""Works off the runs of a study: each in a process of its own, done ones never again."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from gain_tf.config import write_config
from gain_tf.errors import failure_sentence
from gain_tf.files import replacing
from gain_tf.processes import STARTER
from gain_tf.studies.plan import Cell

LAST_LINES = 3
"""Of a failed run's output, shown with its failure."""


@dataclass(frozen=True)
class Failure:
    """A run that did not end well.

    Attributes:
        name: of the run.
        log: everything it said; None for a run that could not be started.
        reason: its last words, or why it could not be started.
    """

    name: str
    log: Path | None
    reason: str


def work_off(cells: Sequence[Cell], folder: Path, parallel: int, console: Console) -> list[Failure]:
    """Run what is not done; a run that fails, or cannot be started, does not stop the others.

    An interrupted run is gone on with where it stopped; it ends with this process.

    Args:
        cells: the runs.
        folder: of the study; `configs/` and `logs/` go there.
        parallel: how many run at once; they share the cores.
        console: for progress.

    Returns:
        What failed.
    """
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    (folder / "configs").mkdir(exist_ok=True)
    waiting = [cell for cell in cells if cell.folder is None]
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
    )
    failures = []
    started = time.monotonic()
    with (
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
        ThreadPoolExecutor(parallel) as pool,
    ):
        done = len(cells) - len(waiting)
        task = progress.add_task("runs", total=len(cells), completed=done, left="")
        running = {pool.submit(_attempt, cell, folder, parallel): cell for cell in waiting}
        try:
            for number, future in enumerate(as_completed(running), start=1):
                failure = future.result()
                failures += [failure] if failure else []
                ended = "failed" if failure else "done"
                left = time_left(time.monotonic() - started, number, len(waiting) - number)
                console.print(f"{running[future].name} {ended}, {left}", soft_wrap=True)
                progress.update(task, advance=1, left=left)
        except BaseException:
            # Runs at work got a Ctrl-C too, and keep what they have; without one they end first.
            pool.shutdown(cancel_futures=True)
            raise
    return failures


def time_left(seconds: float, done: int, waiting: int) -> str:
    """Say how long runs will still take if the others take as long as those that are done.

    Args:
        seconds: that the done ones took, however many at once.
        done: runs, at least one.
        waiting: runs that are still to do.

    Returns:
        Such as "about 1:20:00 left"; "none left" where all is done.
    """
    if not waiting:
        return "none left"
    return f"about {timedelta(seconds=round(seconds / done * waiting))} left"


def _attempt(cell: Cell, folder: Path, parallel: int) -> Failure | None:
    """Run one cell; a full disk, or a machine that starts no process, is its failure."""
    try:
        return _run(cell, folder, parallel)
    except OSError as error:
        return Failure(cell.name, None, failure_sentence(error) or str(error))


def _run(cell: Cell, folder: Path, parallel: int) -> Failure | None:
    """Run one cell; its output goes into a file."""
    config, log = folder / "configs" / f"{cell.name}.yaml", folder / "logs" / f"{cell.name}.txt"
    with replacing(config) as temporary:
        write_config(cell.config, temporary)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", STARTER: str(os.getpid())}
    if parallel > 1:
        environment["TF_NUM_INTRAOP_THREADS"] = str(max(1, (os.cpu_count() or 1) // parallel))
    with log.open("w", encoding="utf-8") as output:
        ended = subprocess.run(
            [sys.executable, "-m", "gain_tf.fit", "--config", str(config)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
            check=False,
        )
    if ended.returncode == 0:
        return None
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said = "\n".join(lines[-LAST_LINES:]) or f"exit status {ended.returncode}"
    return Failure(cell.name, log, said)
