"""How far verdicts can be relied on: calibration, rejection, the group that fares worst."""

from typing import Any

import numpy as np

from gain_tf.evaluation.figures_of_merit import verdicts_of
from gain_tf.evaluation.predictions import Predictions
from gain_tf.metrics import accuracy_when_rejecting, calibration, worst_group

REJECTED = np.round(np.arange(0, 0.951, 0.05), 2)
"""Shares of the images, along the curve."""

TENTH = 2
"""Where along `REJECTED` one image in ten is."""


def reliability_figures(predictions: Predictions, single_label: bool) -> dict[str, Any]:
    """Judge how sure the verdicts were, beside how right.

    With one label an image its verdict is as sure as the highest score. With several, each class
    is a verdict of its own, as sure as its score or what that leaves of 1; an image is as sure as
    the least sure of them, and right where all are.

    Args:
        predictions: of a split.
        single_label: whether every image has exactly one label.

    Returns:
        `calibration_error` and its `calibration` bins, `accuracy_rejecting_10` (the accuracy when
        the least sure tenth of the images is rejected), the `reject_curve`,
        `worst_group_accuracy` and `worst_group`, None where fewer than two groups have 10 images.
    """
    truth = predictions.labels > 0.5
    right = verdicts_of(predictions.scores, single_label) == truth
    scores = predictions.scores.astype(float)
    if single_label:
        sure, right = scores.max(axis=1), right.all(axis=1)
        found = calibration(sure, right)
    else:
        each = np.maximum(scores, 1 - scores)
        found = calibration(each.ravel(), right.ravel())
        sure, right = each.min(axis=1), right.all(axis=1)
    curve = accuracy_when_rejecting(sure, right, REJECTED.tolist())
    worst = worst_group(right, predictions.groups)
    return {
        "calibration_error": found.error,
        "calibration": {
            "confidence": found.confidence.tolist(),
            "accuracy": found.accuracy.tolist(),
            "verdicts": found.count.tolist(),
        },
        "accuracy_rejecting_10": float(curve[TENTH]),
        "reject_curve": {"rejected": REJECTED.tolist(), "accuracy": curve.tolist()},
        "worst_group_accuracy": None if worst is None else worst[1],
        "worst_group": None if worst is None else worst[0],
    }
