"""A whole run: every row trained and judged, one report at the end."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from gain_tf.config import Config
from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.registry import load_data
from gain_tf.evaluation.evaluate import (
    PREDICTIONS,
    evaluate_everywhere,
    write_evaluation,
    write_predictions,
)
from gain_tf.models.gain import GAIN
from gain_tf.report.page import write_report
from gain_tf.report.result import GUIDED, RowResult, with_segmenter
from gain_tf.report.segmentation_sheet import CUES
from gain_tf.report.table import comparison_table
from gain_tf.training.build import build_model
from gain_tf.training.cue_settings import claim_cues
from gain_tf.training.epochs import MODEL
from gain_tf.training.rows import Row, asked_for, attention_row, rows_of, warm_up_row
from gain_tf.training.run_folder import (
    BAD_IMAGES,
    EVALUATION,
    REPORT,
    SEGMENTER,
    read_figures,
    row_folder,
    run_folder,
    write_classes,
)
from gain_tf.training.segmenter import finish_segmenter
from gain_tf.training.train import annotated_split, train

WIDTH = 120
"""Columns of what is printed into a file."""


def fit_run(config: Config) -> Path:
    """Train and judge every row of a run, and write its report.

    Args:
        config: of the run.

    Returns:
        The run folder.

    Raises:
        ConfigError: the config asks for what is not to be had.
        DataError: the data have problems; all are listed.
        FailedError: more images than `data.max_bad_images` broke since they were checked.
    """
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    data = load_data(config.data)
    rows = rows_of(config)
    wanted = asked_for(rows, config.run.rows)
    taught = {row.name: annotated_split(row.config, data) for row in wanted}
    _check_models(wanted, data)
    folder = run_folder(config)
    bad_images = BadImages(folder / BAD_IMAGES, config.data.max_bad_images)
    write_classes(folder, data)
    if GUIDED in taught:
        _note_what_guides(config, taught[GUIDED], console)
    console.print(f"run folder {folder}", soft_wrap=True)
    start = _warm_up(config, data, folder, bad_images, console)
    results, models = [], {}
    for number, row in enumerate(wanted, start=1):
        console.print(f"{number}/{len(wanted)} {row.name}")
        result, models[row.name] = _finish(row, rows, data, folder, bad_images, start)
        results.append(result)
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
        return folder
    with console.status("writing the report"):
        write_report(folder, config, data, results, models)
    console.print(f"report {folder / REPORT}", soft_wrap=True)
    return folder


def _check_models(rows: Sequence[Row], data: DataSet) -> None:
    """Build each different network once: a mistake in a row is known before anything is trained."""
    networks = {row.config.model.model_dump_json(): row.config for row in rows}
    for config in networks.values():
        build_model(config, data, steps=1)


def _note_what_guides(config: Config, taught: Split, console: Console) -> None:
    if config.guidance.guides and not (taught.has_mask | taught.has_boxes).any():
        console.print(
            "note: no mask and no box guides this run, which leaves attention mining: "
            "data.budget.masks and data.budget.boxes say how many may be used (such as all)",
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


def _finish(
    row: Row,
    rows: Sequence[Row],
    data: DataSet,
    run: Path,
    bad_images: BadImages,
    start: GAIN | None,
) -> tuple[RowResult, GAIN]:
    """Train and judge one row, its segmenter too, as far as that is not done yet."""
    verbose = sys.stdout.isatty()
    shared = attention_row(rows, row).name
    folder = row_folder(run, shared)
    model = train(row.config, data, folder, start, bad_images=bad_images, verbose=verbose)
    figures = read_figures(folder)
    if figures is None:
        figures, predictions = evaluate_everywhere(model, row.config, data)
        write_predictions(predictions, data, folder / PREDICTIONS)
        write_evaluation(figures, folder / EVALUATION)
    if row.config.segmenter.network is None:
        return RowResult(row.name, row.changes, folder, figures), model
    from_cues = row.config.segmenter.supervision == "cues"
    for split in ("train", data.evaluated) if from_cues else ():
        place = folder / CUES / split
        claim_cues(place, row.config, split, shared, folder / MODEL, data.class_names)
    segmenter = row_folder(run, row.name) / SEGMENTER
    judged = finish_segmenter(
        row.config, data, model, folder / CUES, segmenter, row.name, verbose=verbose
    )
    figures = with_segmenter(figures, judged, from_cues=from_cues)
    return RowResult(row.name, row.changes, folder, figures, segmenter), model
