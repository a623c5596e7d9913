"""One split, one model, one `evaluation.json`."""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gain_tf.config import Config
from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.shard import Shard
from gain_tf.errors import UserError
from gain_tf.evaluation.figures_of_merit import (
    attention_figures,
    best_threshold,
    classification_figures,
    verdicts_of,
)
from gain_tf.evaluation.parts import Parts
from gain_tf.evaluation.predictions import Predictions
from gain_tf.evaluation.reliability import reliability_figures
from gain_tf.files import replacing
from gain_tf.metrics import mean_intersection_over_union

PREDICTIONS = "predictions.csv"
"""Beside `evaluation.json`: the verdict on each image."""

if TYPE_CHECKING:
    from gain_tf.models.classifier import AttentiveClassifier


def evaluate_model(
    model: "AttentiveClassifier",
    config: Config,
    data: DataSet,
    split: str | None = None,
    parts: Parts | None = None,
) -> tuple[dict[str, Any], Predictions]:
    """Judge a model on a split, as `evaluate_predictor` does.

    Args:
        model: to be judged.
        config: of its run.
        data: the data set.
        split: name; None for the data set's own choice.
        parts: the model's answers, made before by `answer_part`; None asks it now.

    Returns:
        What `evaluation.json` holds, and the predictions it was computed from.

    Raises:
        UserError: there is no such split, or parts of it are missing.
    """
    if parts is None:
        return _judged(model, _predictor(model, config, data), config, data, split)
    names = {id(part): name for name, part in data.splits.items()}
    return _judged(model, lambda part: parts.joined(names[id(part)], part), config, data, split)


def answer_part(
    model: "AttentiveClassifier",
    config: Config,
    data: DataSet,
    split: str | None,
    parts: Parts,
    shard: Shard,
) -> list[str]:
    """Let a model answer for a part of a split, and of what its threshold is chosen on.

    Args:
        model: to be judged.
        config: of its run.
        data: the data set.
        split: name; None for the data set's own choice.
        parts: where the answers go.
        shard: which part.

    Returns:
        Names of the splits.

    Raises:
        UserError: there is no such split.
    """
    names = [chosen_split(data, split)]
    if config.evaluation.attention and "validation" in data.splits:
        names = list(dict.fromkeys([*names, "validation"]))
    for name in names:
        parts.answer(name, data.splits[name], shard, _predictor(model, config, data))
    return names


def evaluate_everywhere(
    model: "AttentiveClassifier", config: Config, data: DataSet
) -> tuple[dict[str, Any], Predictions]:
    """Judge a model on every split that is there to judge on.

    Args:
        model: to be judged.
        config: of its run.
        data: the data set.

    Returns:
        What `evaluate_model` says of the data set's own choice; where there are other test splits,
        `splits` holds the same of each by its name.
    """
    predict = _predictor(model, config, data)
    answered: dict[int, Predictions] = {}

    def once(part: Split) -> Predictions:
        # The validation split chooses the threshold for every other.
        if id(part) not in answered:
            answered[id(part)] = predict(part)
        return answered[id(part)]

    figures, predictions = _judged(model, once, config, data)
    others = {name: _judged(model, once, config, data, name)[0] for name in data.also_evaluated}
    return (figures | {"splits": others} if others else figures), predictions


def _predictor(
    model: "AttentiveClassifier", config: Config, data: DataSet
) -> Callable[[Split], Predictions]:
    # An exported model is judged without TensorFlow.
    from gain_tf.evaluation.predict import predict_split

    def predict(part: Split) -> Predictions:
        return predict_split(
            model,
            data,
            part,
            config.data.image_size,
            config.data.batch_size,
            attention=config.evaluation.attention,
        )

    return predict


def _judged(
    model: "AttentiveClassifier",
    predict: Callable[[Split], Predictions],
    config: Config,
    data: DataSet,
    split: str | None = None,
) -> tuple[dict[str, Any], Predictions]:
    figures, predictions = evaluate_predictor(predict, config, data, split)
    return figures | _faithfulness(model, config, data, figures["split"]), predictions


def _faithfulness(
    model: "AttentiveClassifier", config: Config, data: DataSet, split: str
) -> dict[str, Any]:
    wanted = config.evaluation.faithfulness
    if not wanted:
        return {}
    from gain_tf.evaluation.faithfulness import faithfulness_figures

    found = faithfulness_figures(model, data, data.splits[split], config.data.image_size, wanted)
    return {} if found is None else {"faithfulness": found}


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
    """
    split = chosen_split(data, split)
    predictions = predict(data.splits[split])
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
        miou, per_class = mean_intersection_over_union(predictions.confusion)
        names = ("background", *data.class_names)
        figures["segmentation"] = {
            "of": "attention above 20 % of its maximum, image labels given",
            "miou": None if math.isnan(miou) else miou,
            "per_class": {
                name: None if math.isnan(value) else float(value)
                for name, value in zip(names, per_class, strict=True)
            },
            "confusion": predictions.confusion.tolist(),
        }
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
