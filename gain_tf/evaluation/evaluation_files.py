"""The files of an evaluation: `evaluation.json`, and the verdict on each image beside it."""

import csv
import json
from pathlib import Path
from typing import Any

from gain_tf.data.dataset import DataSet
from gain_tf.evaluation.figures_of_merit import verdicts_of
from gain_tf.evaluation.predictions import Predictions
from gain_tf.files import replacing

PREDICTIONS = "predictions.csv"
"""Beside `evaluation.json`: the verdict on each image."""


def write_evaluation(figures: dict[str, Any], path: Path) -> None:
    """Write `evaluation.json`."""
    with replacing(path) as temporary:
        temporary.write_text(
            json.dumps(figures, indent=2, allow_nan=False) + "\n", encoding="utf-8"
        )


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
