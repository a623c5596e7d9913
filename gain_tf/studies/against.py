"""Rows of a study held against one another, figure by figure, seed by seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gain_tf.studies.gather import FIGURES, Judged
from gain_tf.studies.paired_difference import PairedDifference, student_factor
from gain_tf.studies.verdicts import accuracy_difference

COMPARED = [figure for figure in FIGURES if figure[2] not in ("accuracy", "mask_area")]
"""Of `FIGURES` those that are compared by their seeds alone; accuracy is by its images too."""


@dataclass(frozen=True)
class SeedDifference:
    """By how much one row's figure is above another's with the same seeds.

    Attributes:
        mean: of the seeds.
        half: half width of its 95 % interval; None for one seed, which says nothing of others.
    """

    mean: float
    half: float | None

    @property
    def settled(self) -> bool:
        """Tell whether the interval leaves out zero."""
        return self.half is not None and abs(self.mean) > self.half


@dataclass(frozen=True)
class Comparison:
    """One row held against another at one point of the grid.

    Attributes:
        point: of the grid.
        row: in question.
        other: that it is held against.
        accuracy: its difference, paired by seed and image.
        figures: the difference of each of `COMPARED`; None where a row does not have it.
        elsewhere: of its accuracy on every other test split.
    """

    point: dict[str, Any]
    row: str
    other: str
    accuracy: PairedDifference
    figures: tuple[SeedDifference | None, ...]
    elsewhere: dict[str, SeedDifference]


def held_against(judged: Sequence[Judged], pairs: Sequence[tuple[str, str]]) -> list[Comparison]:
    """Hold rows of a study against each other.

    Args:
        judged: rows of runs, from `gather`.
        pairs: names of a row and of the one it is held against.

    Returns:
        A line for each pair and point of which a seed of both is done, points in the order of the
        grid.

    Raises:
        UserError: runs that are compared were judged on different images.
    """
    found = {(str(each.point), each.row, each.seed): each for each in judged}
    points = {str(each.point): each.point for each in judged}
    comparisons = []
    for text, point in points.items():
        for row, other in pairs:
            both = [
                (each, found[text, other, seed])
                for (place, name, seed), each in found.items()
                if (place, name) == (text, row) and (text, other, seed) in found
            ]
            if both:
                comparisons.append(_comparison(point, row, other, both))
    return comparisons


def seed_difference(differences: Sequence[float]) -> SeedDifference:
    """Compute a mean difference with the interval of Student's t over the seeds.

        half width = t(S - 1) sqrt(var / S)

    with the variance of the S seeds' differences, with S - 1.

    Args:
        differences: of each seed, at least one.
    """
    count = len(differences)
    mean = float(np.mean(differences))
    if count == 1:
        return SeedDifference(mean, None)
    error = float(np.std(differences, ddof=1)) / count**0.5
    return SeedDifference(mean, student_factor(count) * error)


def _comparison(
    point: dict[str, Any], row: str, other: str, both: Sequence[tuple[Judged, Judged]]
) -> Comparison:
    values = [
        [(own.value(section, key), its.value(section, key)) for own, its in both]
        for _, section, key in COMPARED
    ]
    splits = dict.fromkeys(name for own, _ in both for name in own.elsewhere)
    elsewhere = {
        name: _difference([(own.elsewhere.get(name), its.elsewhere.get(name)) for own, its in both])
        for name in splits
    }
    return Comparison(
        point,
        row,
        other,
        accuracy_difference([(own.folder, its.folder) for own, its in both]),
        tuple(_difference(each) for each in values),
        {name: found for name, found in elsewhere.items() if found is not None},
    )


def _difference(values: Sequence[tuple[float | None, float | None]]) -> SeedDifference | None:
    known = [own - its for own, its in values if own is not None and its is not None]
    return seed_difference(known) if known else None
