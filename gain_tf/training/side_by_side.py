"""Rows trained side by side, each in a process of its own.

One step of a small network does not keep several cores busy; several rows do.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed
from pathlib import Path
from typing import Any

from loky.process_executor import BrokenProcessPool

from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import DataSet
from gain_tf.errors import FailedError
from gain_tf.models.loading import load_gain
from gain_tf.report.result import RowResult
from gain_tf.training.finish import finish_row
from gain_tf.training.row_processes import RowProcesses
from gain_tf.training.rows import Row, by_network


def finish_side_by_side(
    wanted: Sequence[Row],
    rows: Sequence[Row],
    data: DataSet,
    run: Path,
    bad_images: BadImages,
    start: Path | None,
    *,
    processes: RowProcesses,
    say: Callable[[str], None],
) -> list[RowResult]:
    """Train and judge rows, several at once; one that fails does not stop the others.

    Args:
        wanted: the rows to finish; those that share an attention network share a process.
        rows: all of the run.
        data: the data set.
        run: folder of the run.
        bad_images: gets the images that a process could not read.
        start: file of the model whose weights are the start; None for the network's own.
        processes: that train them; ended with the last row.
        say: told of every row that ends.

    Returns:
        What is known of each wanted row, in their order.

    Raises:
        UserError: a row cannot be trained as its config asks; likewise whatever else ended one.
        FailedError: a process was ended from outside.
    """
    finished: dict[str, RowResult] = {}
    failures: list[BaseException] = []
    try:
        limit = bad_images.limit
        waiting: dict[Any, list[Row]] = {}
        for group in by_network(rows, wanted).values():
            work = processes.submit(_finish_group, group, rows, data, run, limit, start)
            waiting[work] = group
        for future in as_completed(waiting):
            names = ", ".join(row.name for row in waiting[future])
            if failure := future.exception():
                failures.append(failure)
                say(f"{names} failed: {failure}")
                continue
            results, problems = future.result()
            finished |= {result.name: result for result in results}
            for image, problem in problems.items():
                bad_images.add(image, problem)
            say(f"{len(finished)}/{len(wanted)} {names}")
    finally:
        processes.end()
    for failure in failures:
        if isinstance(failure, BrokenProcessPool):
            raise FailedError(
                "a process that trained rows was ended from outside, most often for want of "
                "memory; run.resume=true goes on, and run.parallel=1 takes less"
            ) from failure
        raise failure
    return [finished[row.name] for row in wanted]


def _finish_group(
    group: Sequence[Row],
    rows: Sequence[Row],
    data: DataSet,
    run: Path,
    limit: int,
    start: Path | None,
) -> tuple[list[RowResult], dict[str, str]]:
    bad_images = BadImages(None, limit)
    model = None if start is None else load_gain(start)
    results = [
        finish_row(row, rows, data, run, bad_images, model, verbose=False)[0] for row in group
    ]
    return results, bad_images.problems
