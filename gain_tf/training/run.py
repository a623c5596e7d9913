"""A whole run: every row trained and judged, one report at the end."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from rich.console import Console

from gain_tf.config import Config, ConfigError
from gain_tf.config.study import GUIDED
from gain_tf.data.annotated_share import check_shares
from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.registry import load_data
from gain_tf.folders import alone_in, clear_left_behind
from gain_tf.models.gain import GAIN
from gain_tf.models.loading import load_gain
from gain_tf.report.page import write_report
from gain_tf.report.result import RowResult
from gain_tf.report.table import comparison_table
from gain_tf.training.build import build_model
from gain_tf.training.build_segmenter import check_segmenter
from gain_tf.training.distribute import strategy_of
from gain_tf.training.environment import record_environment
from gain_tf.training.epochs import MODEL
from gain_tf.training.finish import finish_row
from gain_tf.training.row_processes import RowProcesses, row_processes
from gain_tf.training.rows import WARM_UP, Row, asked_for, rows_of, warm_up_row
from gain_tf.training.run_classes import write_classes
from gain_tf.training.run_folder import (
    BAD_IMAGES,
    ENVIRONMENT,
    REPORT,
    run_folder,
    take_up,
)
from gain_tf.training.side_by_side import finish_side_by_side
from gain_tf.training.train import annotated_split, schedule_of, train
from gain_tf.training.with_the_chief import train_with_the_chief
from gain_tf.training.workers import as_the_chief_says, leave_last, worker_of

WIDTH = 120
"""Columns of what is printed into a file."""


def fit_run(
    config: Config, data: DataSet | None = None, processes: RowProcesses | None = None
) -> Path:
    """Train and judge every row of a run, and write its report.

    Args:
        config: of the run.
        data: its data set; None loads it.
        processes: for rows side by side; None starts them when they are needed.

    Returns:
        The run folder.

    Raises:
        ConfigError: the config asks for what is not to be had.
        DataError: the data have problems; all are listed.
        UserError: another process is at work in the run folder.
        FailedError: more images than `data.max_bad_images` broke since they were checked, or
            another of the processes that train together has ended.
    """
    # Several machines are joined before TensorFlow computes anything.
    strategy = strategy_of(config)
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    data = load_data(config.data) if data is None else data
    rows = rows_of(config)
    _check_distribution(config, rows)
    wanted = asked_for(rows, config.run.rows)
    taught = {row.name: annotated_split(row.config, data) for row in wanted}
    check_shares(schedule_of(row.config, taught[row.name], data.unguided_classes) for row in wanted)
    _check_models(wanted, data)
    if worker_of(strategy).number > 1:
        return train_with_the_chief(config, data, rows, wanted, strategy)
    folder = run_folder(config)
    with alone_in(folder):
        clear_left_behind(folder)
        write_classes(folder, data)
        # The run may have rows that the config lacks; its report shows them all.
        config = take_up(folder, config)
        rows = rows_of(config)
        wanted = asked_for(rows, config.run.rows)
        record_environment(folder / ENVIRONMENT, config.seed)
        as_the_chief_says(strategy, folder.name)
        guided = taught.get(GUIDED)
        _train_and_report(config, data, rows, wanted, guided, folder, processes, console)
    leave_last(strategy)
    return folder


def _train_and_report(
    config: Config,
    data: DataSet,
    rows: Sequence[Row],
    wanted: Sequence[Row],
    taught: Split | None,
    folder: Path,
    processes: RowProcesses | None,
    console: Console,
) -> None:
    bad_images = BadImages(folder / BAD_IMAGES, config.data.max_bad_images)
    if taught is not None:
        _note_what_guides(config, taught, console)
    console.print(f"run folder {folder}", soft_wrap=True)
    start = _warm_up(config, data, folder, bad_images, console)
    processes = processes or row_processes(config)
    results, models = _finish(wanted, rows, data, folder, bad_images, start, processes, console)
    for split in (data.evaluated, *data.also_evaluated):
        console.print(comparison_table(results, split))
    if bad_images:
        console.print(
            f"{len(bad_images)} images could not be read and were skipped: {bad_images.path}",
            soft_wrap=True,
        )
    if len(wanted) < len(rows):
        console.print(
            f"{len(wanted)} of {len(rows)} rows; the report comes with the others, by "
            "run.resume=true"
        )
        return
    with console.status("writing the report"):
        write_report(folder, config, data, results, models)
    console.print(f"report {folder / REPORT}", soft_wrap=True)


def _finish(
    wanted: Sequence[Row],
    rows: Sequence[Row],
    data: DataSet,
    folder: Path,
    bad_images: BadImages,
    start: GAIN | None,
    processes: RowProcesses | None,
    console: Console,
) -> tuple[list[RowResult], dict[str, GAIN]]:
    """Finish the rows, one after the other or side by side."""
    if processes is not None:
        console.print(f"rows side by side: {', '.join(row.name for row in wanted)}")
        results = finish_side_by_side(
            wanted,
            rows,
            data,
            folder,
            bad_images,
            None if start is None else folder / WARM_UP / MODEL,
            processes=processes,
            say=partial(console.print, markup=False, soft_wrap=True),
        )
        return results, {result.name: load_gain(result.folder / MODEL) for result in results}
    results, models = [], {}
    for number, row in enumerate(wanted, start=1):
        console.print(f"{number}/{len(wanted)} {row.name}")
        result, models[row.name] = finish_row(
            row, rows, data, folder, bad_images, start, verbose=sys.stdout.isatty()
        )
        results.append(result)
    return results, models


def _check_distribution(config: Config, rows: Sequence[Row]) -> None:
    """Raise `ConfigError` where some rows are trained by several workers, and others are not."""
    together = {row.config.training.distribute == "multiworker" for row in rows}
    if together != {config.training.distribute == "multiworker"}:
        raise ConfigError(
            "training.distribute: several workers train every row of a run together or none; no "
            "row of evaluation.rows can change it to or from multiworker"
        )


def _check_models(rows: Sequence[Row], data: DataSet) -> None:
    """Build each different network once: a mistake in a row is known before anything is trained."""
    networks = {_network_of(row.config): row.config for row in rows}
    for config in networks.values():
        build_model(config, data, steps=1)
    # Rows of a table differ in much that no network is built from.
    built_from = {"network", "weights", "output_stride", "method", "supervision", "inference"}
    segmenters = {
        row.config.segmenter.model_dump_json(include=built_from)
        + row.config.cues.background.model_dump_json(): row.config
        for row in rows
        if row.config.segmenter.network is not None
    }
    for config in segmenters.values():
        check_segmenter(config, data)


def _network_of(config: Config) -> tuple:
    """Return all that the building of a network can fail for."""
    training = config.training
    return (
        config.model.model_dump_json(),
        config.data.image_size,
        config.guidance.max_labels,
        training.remat,
        training.precision,
        training.jit,
    )


def _note_what_guides(config: Config, taught: Split, console: Console) -> None:
    guidance = config.guidance
    guides = (guidance.uses_masks and taught.has_mask.any()) or (
        guidance.uses_boxes and taught.has_boxes.any()
    )
    if guidance.guides and not guides:
        console.print(
            "note: no mask and no box guides this run, which leaves attention mining: "
            "data.budget.masks and data.budget.boxes say how many may be used (such as all), "
            "guidance.kind and guidance.losses which of the two guide",
            soft_wrap=True,
        )


def _warm_up(
    config: Config, data: DataSet, folder: Path, bad_images: BadImages, console: Console
) -> GAIN | None:
    row = warm_up_row(config)
    if row is None:
        return None
    console.print("warm-up: the plain classifier that every row starts from")
    watched = sys.stdout.isatty()
    return train(row.config, data, folder / row.name, bad_images=bad_images, verbose=watched)
