"""A whole run: every row trained and judged, one report at the end."""

import sys
from pathlib import Path

from rich.console import Console

from gain_tf.config import Config
from gain_tf.data.dataset import DataSet
from gain_tf.data.registry import load_data
from gain_tf.evaluation.evaluate import evaluate_model, write_evaluation, write_predictions
from gain_tf.models.gain import GAIN
from gain_tf.report.page import write_report
from gain_tf.report.result import RowResult
from gain_tf.report.table import comparison_table
from gain_tf.training.rows import Row, rows_of, warm_up_row
from gain_tf.training.run_folder import (
    EVALUATION,
    REPORT,
    read_figures,
    row_folder,
    run_folder,
    write_classes,
)
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
    """
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    data = load_data(config.data)
    rows = rows_of(config)
    for row in rows:
        annotated_split(row.config, data)
    folder = run_folder(config)
    write_classes(folder, data)
    console.print(f"run folder {folder}", soft_wrap=True)
    start = _warm_up(config, data, folder, console)
    results, models = [], {}
    for number, row in enumerate(rows, start=1):
        console.print(f"{number}/{len(rows)} {row.name}")
        result, models[row.name] = _finish(row, data, folder, start)
        results.append(result)
    console.print(comparison_table(results))
    with console.status("writing the report"):
        write_report(folder, config, data, results, models)
    console.print(f"report {folder / REPORT}", soft_wrap=True)
    return folder


def _warm_up(config: Config, data: DataSet, folder: Path, console: Console) -> GAIN | None:
    row = warm_up_row(config)
    if row is None:
        return None
    console.print("warm-up: the plain classifier that every row starts from")
    return train(row.config, data, folder / row.name, verbose=sys.stdout.isatty())


def _finish(row: Row, data: DataSet, run: Path, start: GAIN | None) -> tuple[RowResult, GAIN]:
    """Train and judge one row, as far as that is not done yet."""
    folder = row_folder(run, row.name)
    model = train(row.config, data, folder, start, verbose=sys.stdout.isatty())
    figures = read_figures(folder)
    if figures is None:
        figures, predictions = evaluate_model(model, row.config, data)
        write_predictions(predictions, data, folder / "predictions.csv")
        write_evaluation(figures, folder / EVALUATION)
    return RowResult(row.name, row.changes, folder, figures), model
