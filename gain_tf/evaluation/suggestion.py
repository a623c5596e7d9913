"""Which images to annotate next: signals combined by their ranks, classes kept even."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from gain_tf.metrics.annotation_signals import class_need

NEED = "class_need"
"""Name of the signal that changes with every image that is chosen."""


@dataclass(frozen=True)
class Suggestion:
    """An image that is worth annotating.

    Attributes:
        image: index in the split.
        score: by which it was chosen, in [0, 1].
        signals: by name, as they were when it was chosen.
    """

    image: int
    score: float
    signals: dict[str, float]


def suggested(
    images: np.ndarray,
    signals: Mapping[str, np.ndarray],
    labels: np.ndarray,
    annotated: np.ndarray,
    count: int,
) -> list[Suggestion]:
    """Choose images one by one.

    Signals have no common scale, so each becomes its rank among the candidates, from 0 (the
    lowest) to 1; equal values share their mean rank. An image's score is the mean of its ranks
    and of `class_need`, which is computed anew after each choice, for the most needy of its
    classes.

    Args:
        images: the candidates, indices in the split, (N,).
        signals: of the candidates, each (N,).
        labels: their guided classes, boolean (N, C), at least one each.
        annotated: images of each class that are annotated already, (C,).
        count: images wanted.

    Returns:
        At most `count` suggestions, the best first.
    """
    total = np.zeros(len(images))
    for values in signals.values():
        total += (rankdata(values) - 1) / max(len(values) - 1, 1)
    left = np.ones(len(images), bool)
    counts = annotated.astype(float)
    chosen: list[Suggestion] = []
    while left.any() and len(chosen) < count:
        need = np.where(labels, class_need(counts), 0).max(axis=1)
        scores = (total + need) / (len(signals) + 1)
        best = int(np.argmax(np.where(left, scores, -1)))
        own = {name: float(values[best]) for name, values in signals.items()}
        chosen.append(
            Suggestion(int(images[best]), float(scores[best]), own | {NEED: float(need[best])})
        )
        left[best] = False
        counts += labels[best]
    return chosen
