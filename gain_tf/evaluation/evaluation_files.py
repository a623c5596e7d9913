"""The files of an evaluation: `evaluation.json`, and the verdict on each image beside it."""

import csv
import json
from pathlib import Path
from typing import Any

from gain_tf.data.dataset import DataSet
from gain_tf.errors import UserError
from gain_tf.evaluation.figures_of_merit import verdicts_of
from gain_tf.evaluation.predictions import Predictions
from gain_tf.files import read_json, replacing

EVALUATION = "evaluation.json"
PREDICTIONS = "predictions.csv"
"""Beside `evaluation.json`: the verdict on each image."""

READ = ("id", "group", "label", "verdict")
"""Columns of `predictions.csv` that others read."""

JUDGED_AGAIN = "delete it, and run.resume=true judges the row again"
"""What to do about one of these files that is damaged."""


def write_evaluation(figures: dict[str, Any], path: Path) -> None:
    """Write `evaluation.json`."""
    with replacing(path) as temporary:
        temporary.write_text(
            json.dumps(figures, indent=2, allow_nan=False) + "\n", encoding="utf-8"
        )


def read_predictions(path: Path) -> list[dict[str, str]]:
    """Read `predictions.csv`.

    Args:
        path: of the file; with an `evaluation.json` beside it, it must have a row for each image.

    Returns:
        A row an image, with at least the columns `READ`.

    Raises:
        UserError: it, or the file beside it, is damaged.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (ValueError, csv.Error):
        rows = []
    whole = all(row.get(key) is not None for row in rows for key in READ)
    beside = path.with_name(EVALUATION)
    figures = read_json(beside, JUDGED_AGAIN) if beside.is_file() else {}
    if not rows or not whole or figures.get("images", len(rows)) != len(rows):
        raise UserError(f"{path}: is damaged; {JUDGED_AGAIN}")
    return rows


def write_predictions(predictions: Predictions, data: DataSet, path: Path) -> None:
    """Write `predictions.csv`: a row an image with its group, labels, verdicts and scores."""
    verdicts = verdicts_of(predictions.scores, data.single_label)
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["id", "group", "label", "verdict", *(f"score {n}" for n in data.class_names)]
        )
        for row, place in enumerate(zip(predictions.ids, predictions.groups, strict=True)):
            named = [
                ";".join(n for n, on in zip(data.class_names, flags[row], strict=True) if on)
                for flags in (predictions.labels > 0.5, verdicts)
            ]
            writer.writerow([*place, *named, *(f"{s:.6f}" for s in predictions.scores[row])])
