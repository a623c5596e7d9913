"""From predictions to the figures of `evaluation.json`."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import metrics as sklearn_metrics

from gain_tf.evaluation.intervals import bootstrap_interval
from gain_tf.evaluation.predictions import THRESHOLDS, MapFigures, Predictions
from gain_tf.metrics import SIZES, mean_intersection_over_union, size_of


def best_threshold(predictions: Predictions) -> float | None:
    """Choose the threshold with the best mean intersection over union; None without masks."""
    if not predictions.maps:
        return None
    mean = np.mean([figures.iou for figures in predictions.maps], axis=0)
    return float(THRESHOLDS[int(mean.argmax())])


def classification_figures(
    predictions: Predictions, class_names: Sequence[str], single_label: bool, draws: int
) -> dict[str, Any]:
    """Judge the verdicts.

    With one label an image the verdict is the class of the highest score; with several, every
    class scored above one half.

    Args:
        predictions: of a split.
        class_names: in the order of the scores.
        single_label: whether every image has exactly one label.
        draws: of the bootstrap.

    Returns:
        `accuracy` (with several labels: the share of images with no wrong verdict at all),
        `balanced_accuracy` (mean over classes of the recall; with several labels, of the mean of
        recall and specificity), `map` (mean average precision), `per_class`, `intervals`. A class
        without an image is left out of the means; where that leaves none, they are None.
    """
    truth = predictions.labels > 0.5
    verdicts = verdicts_of(predictions.scores, single_label)
    right = (verdicts == truth).all(axis=1)

    def accuracy(rows: np.ndarray) -> float:
        return float(right[rows].mean())

    def balanced(rows: np.ndarray) -> float:
        return _balanced(truth[rows], verdicts[rows], single_label)

    everything = np.arange(len(truth))
    precision, recall = _share(truth & verdicts, verdicts), _share(truth & verdicts, truth)
    average = [
        float(sklearn_metrics.average_precision_score(truth[:, c], predictions.scores[:, c]))
        if truth[:, c].any()
        else float("nan")
        for c in range(truth.shape[1])
    ]
    return {
        "accuracy": accuracy(everything),
        "balanced_accuracy": _number(balanced(everything)),
        "map": _number(_mean(average)),
        "intervals": {
            "accuracy": bootstrap_interval(accuracy, predictions.groups, draws),
            "balanced_accuracy": bootstrap_interval(balanced, predictions.groups, draws),
        },
        "per_class": {
            name: {
                "images": int(truth[:, c].sum()),
                "precision": _number(precision[c]),
                "recall": _number(recall[c]),
                "average_precision": _number(average[c]),
            }
            for c, name in enumerate(class_names)
        },
    }


def attention_figures(
    predictions: Predictions, class_names: Sequence[str], threshold: float, draws: int
) -> dict[str, Any]:
    """Judge the maps of the true classes against the masks.

    Args:
        predictions: of a split.
        class_names: in the order of the scores.
        threshold: at which intersection over union is reported, one of `THRESHOLDS`.
        draws: of the bootstrap.

    Returns:
        `energy_in_mask` beside `mask_area` and its `energy_lift` over it (the ratio of the two: 1
        for attention spread evenly), `pointing_game`, `iou` at `iou_threshold`, the
        `iou_curve`, `cue_miou` at 20 % of the maximum, `zero_maps` (share), `intervals`,
        `per_class`, and `per_size` of the object, see `gain_tf.metrics.size_of`.
    """
    maps = predictions.maps
    at = int(np.abs(THRESHOLDS - threshold).argmin())
    groups = [predictions.groups[figures.image] for figures in maps]
    columns = _columns(maps, at)
    miou, _ = mean_intersection_over_union(predictions.confusion)
    return {
        **_means(maps, at),
        "iou_threshold": threshold,
        "iou_curve": {
            "threshold": THRESHOLDS.tolist(),
            "iou": np.mean([figures.iou for figures in maps], axis=0).tolist(),
        },
        "cue_miou": _number(miou),
        "maps": len(maps),
        "intervals": {
            name: bootstrap_interval(lambda rows, v=values: float(v[rows].mean()), groups, draws)
            for name, values in columns.items()
            if name != "mask_area"
        },
        "per_class": {
            name: _means(own, at) | {"maps": len(own)}
            for c, name in enumerate(class_names)
            if (own := [figures for figures in maps if figures.category == c])
        },
        "per_size": {
            size: _means(own, at) | {"maps": len(own)}
            for size in SIZES
            if (own := [figures for figures in maps if size_of(figures.area) == size])
        },
    }


def verdicts_of(scores: np.ndarray, single_label: bool) -> np.ndarray:
    """Turn scores (N, C) into verdicts, boolean (N, C)."""
    if single_label:
        return np.eye(scores.shape[1], dtype=bool)[scores.argmax(axis=1)]
    return scores > 0.5


def _columns(maps: Sequence[MapFigures], at: int) -> dict[str, np.ndarray]:
    return {
        "energy_in_mask": np.array([figures.energy for figures in maps]),
        "mask_area": np.array([figures.area for figures in maps]),
        "pointing_game": np.array([figures.pointing for figures in maps], float),
        "iou": np.array([figures.iou[at] for figures in maps]),
        "zero_maps": np.array([figures.zero for figures in maps], float),
    }


def _means(maps: Sequence[MapFigures], at: int) -> dict[str, float | None]:
    means = {name: float(values.mean()) for name, values in _columns(maps, at).items()}
    area = means["mask_area"]
    return {**means, "energy_lift": means["energy_in_mask"] / area if area else None}


def _balanced(truth: np.ndarray, verdicts: np.ndarray, single_label: bool) -> float:
    recall = _share(truth & verdicts, truth)
    if single_label:
        return _mean(recall)
    specificity = _share(~truth & ~verdicts, ~truth)
    return _mean((recall + specificity) / 2)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    count = whole.sum(axis=0)
    return np.divide(part.sum(axis=0), count, out=np.full(len(count), np.nan), where=count > 0)


def _mean(values: Any) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return float(np.nanmean(values))


def _number(value: float) -> float | None:
    """JSON has no NaN."""
    return None if np.isnan(value) else float(value)
