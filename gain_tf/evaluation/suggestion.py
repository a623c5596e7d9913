"""Which images to annotate next: classes and groups kept even, signals combined by their ranks."""

from collections import Counter
from collections.abc import Mapping, Sequence
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
        score: mean of its signals' ranks, in [0, 1].
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
    groups: Sequence[str] | None = None,
    annotated_groups: Sequence[str] = (),
) -> list[Suggestion]:
    """Choose images one by one.

    Each choice goes to the images whose most needy class has the highest `class_need`, which is
    computed anew every time; of these to the images of the group that is annotated least, since
    what is wrong with one frame of an object is wrong with the next; and of these to the one with
    the highest score. Signals have no common scale, so each becomes its rank among all candidates,
    from 0 (the lowest) to 1; equal values share their mean rank. An image's score is the mean of
    its ranks. A need that was but one more signal left whole classes without a single image: how
    sure a network is of a class moves all of its images in the ranks.

    Args:
        images: the candidates, indices in the split, (N,).
        signals: of the candidates, each (N,).
        labels: their guided classes, boolean (N, C), at least one each.
        annotated: images of each class that are annotated already, (C,).
        count: images wanted.
        groups: of the candidates (frames of one object), N names; None where every image stands
            for itself.
        annotated_groups: group of each image that is annotated already.

    Returns:
        At most `count` suggestions, the best first.
    """
    ranks = [(rankdata(values) - 1) / max(len(values) - 1, 1) for values in signals.values()]
    scores = np.mean(ranks, axis=0)
    left = np.ones(len(images), bool)
    counts = annotated.astype(float)
    member, group_counts = _groups(len(images), groups, annotated_groups)
    chosen: list[Suggestion] = []
    while left.any() and len(chosen) < count:
        need = np.where(labels, class_need(counts), 0).max(axis=1)
        first = left & (need == need[left].max())
        of_group = group_counts[member]
        first &= of_group == of_group[first].min()
        best = int(np.argmax(np.where(first, scores, -1)))
        own = {name: float(values[best]) for name, values in signals.items()}
        chosen.append(
            Suggestion(int(images[best]), float(scores[best]), own | {NEED: float(need[best])})
        )
        left[best] = False
        counts += labels[best]
        group_counts[member[best]] += 1
    return chosen


def _groups(
    count: int, groups: Sequence[str] | None, annotated: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the group of each candidate as an index, and how many of each are annotated."""
    if groups is None:
        return np.arange(count), np.zeros(count, int)
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    already = Counter(annotated)
    return member, np.array([already[str(name)] for name in names])
