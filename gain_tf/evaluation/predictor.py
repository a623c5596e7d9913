"""What `evaluation.json` holds, of whatever answers: a model here, or an exported one."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gain_tf.config import Config
from gain_tf.data.dataset import DataSet, Split
from gain_tf.errors import FailedError, UserError
from gain_tf.evaluation.figures_of_merit import (
    attention_figures,
    best_threshold,
    classification_figures,
)
from gain_tf.evaluation.predictions import Predictions
from gain_tf.evaluation.reliability import reliability_figures
from gain_tf.metrics import mean_intersection_over_union


def evaluate_predictor(
    predict: Callable[[Split], Predictions],
    config: Config,
    data: DataSet,
    split: str | None = None,
) -> tuple[dict[str, Any], Predictions]:
    """Judge whatever predicts on a split.

    The threshold of the intersection over union is chosen on the validation split, never on the
    one that is reported where they differ.

    Args:
        predict: answers for a split.
        config: of the run.
        data: the data set.
        split: name; None for the data set's own choice (`test` where there is one).

    Returns:
        What `evaluation.json` holds, and the predictions it was computed from.

    Raises:
        UserError: there is no such split.
        FailedError: the scores are no numbers.
    """
    split = chosen_split(data, split)
    predictions = predict(data.splits[split])
    _require_numbers(predictions, split)
    draws = config.evaluation.intervals
    figures: dict[str, Any] = {
        "split": split,
        "images": len(predictions.ids),
        "seed": config.seed,
        "classification": {
            **classification_figures(predictions, data.class_names, data.single_label, draws),
            **reliability_figures(predictions, data.single_label),
        },
    }
    threshold, chosen_on = best_threshold(predictions), split
    if threshold is not None:
        if split != "validation" and "validation" in data.splits:
            elsewhere = best_threshold(predict(data.splits["validation"]))
            if elsewhere is not None:
                chosen_on, threshold = "validation", elsewhere
        figures["attention"] = attention_figures(predictions, data.class_names, threshold, draws)
        figures["attention"]["iou_threshold_chosen_on"] = chosen_on
        figures["segmentation"] = _segmentation_figures(predictions, data)
    return figures, predictions


def chosen_split(data: DataSet, split: str | None) -> str:
    """Return the name of the split to judge on.

    Args:
        data: the data set.
        split: name; None for the data set's own choice.

    Raises:
        UserError: there is no such split.
    """
    split = split or data.evaluated
    if split not in data.splits:
        raise UserError(f"{data.name} has no split {split!r}; it has {', '.join(data.splits)}")
    return split


def _require_numbers(predictions: Predictions, split: str) -> None:
    """Refuse a network whose weights became too large for its scores to be numbers."""
    strange = np.flatnonzero(~np.isfinite(predictions.scores).all(axis=1))
    if len(strange):
        raise FailedError(
            f"the scores of {len(strange)} of {len(predictions.ids)} images of {split} are no "
            f"numbers, those of {predictions.ids[strange[0]]} first: the weights have diverged; "
            "train anew, with a smaller training.optimizer.learning_rate or with "
            "training.optimizer.clip_norm=1"
        )


def _segmentation_figures(predictions: Predictions, data: DataSet) -> dict[str, Any]:
    miou, per_class = mean_intersection_over_union(predictions.confusion)
    names = ("background", *data.class_names)
    return {
        "of": "attention above 20 % of its maximum, image labels given",
        "miou": None if math.isnan(miou) else miou,
        "per_class": {
            name: None if math.isnan(value) else float(value)
            for name, value in zip(names, per_class, strict=True)
        },
        "confusion": predictions.confusion.tolist(),
    }
