"""A study in one table: mean and spread over seeds, and the paired difference to plain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gain_tf.config.study import BASELINE
from gain_tf.errors import UserError
from gain_tf.studies.gather import FIGURES, Judged
from gain_tf.studies.paired_difference import PairedDifference
from gain_tf.studies.verdicts import CHANGED, accuracy_difference


@dataclass(frozen=True)
class Spread:
    """One figure over the seeds.

    Attributes:
        mean: a share.
        deviation: standard deviation with n - 1; None for one seed.
    """

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class SummaryRow:
    """One row at one point of the grid, over its seeds.

    Attributes:
        point: of the grid.
        name: of the row.
        seeds: that are done.
        annotated: images it was given annotation of; None for all there are.
        figures: one for each of `FIGURES`; None where the row does not have it.
        elsewhere: its accuracy on every other test split.
        difference: of its accuracy to the plain row's; None for that row itself, and where no
            seed of it is done.
        over_control: of its accuracy to that of the row with the same annotation at random places;
            None where there is no such row.
        noise: by how much its annotation is careless, see `data.budget.noise`.
        exact: the row with the same annotation, exact; empty where there is none.
    """

    point: dict[str, Any]
    name: str
    seeds: tuple[int, ...]
    annotated: int | None
    figures: tuple[Spread | None, ...]
    elsewhere: dict[str, Spread]
    difference: PairedDifference | None
    over_control: PairedDifference | None
    noise: float = 0.0
    exact: str = ""


def summarised(judged: Sequence[Judged]) -> list[SummaryRow]:
    """Summarise the runs of a study.

    Args:
        judged: rows of runs, from `gather`.

    Returns:
        A line for each row and point, points in the order of the grid.

    Raises:
        UserError: runs that are compared were judged on different images, or seeds that are
            averaged were begun with different images or labels.
    """
    rows: dict[tuple[str, str], list[Judged]] = {}
    for each in judged:
        rows.setdefault((str(each.point), each.row), []).append(each)
    found = {(str(each.point), each.seed, each.row): each for each in judged}
    return [_summary(seeds, found) for seeds in rows.values()]


def _summary(seeds: Sequence[Judged], found: dict[tuple[str, int, str], Judged]) -> SummaryRow:
    first = seeds[0]
    _check_data([each for each in seeds if each.begun_with is not None])

    def over(other: str) -> PairedDifference | None:
        others = [found.get((str(each.point), each.seed, other)) for each in seeds]
        pairs = [
            (own.folder, each.folder)
            for own, each in zip(seeds, others, strict=True)
            if each is not None
        ]
        return accuracy_difference(pairs) if pairs else None

    return SummaryRow(
        first.point,
        first.row,
        tuple(each.seed for each in seeds),
        first.annotated,
        tuple(_spread([each.value(section, key) for each in seeds]) for _, section, key in FIGURES),
        {
            name: _of([each.elsewhere[name] for each in seeds if name in each.elsewhere])
            for name in dict.fromkeys(name for each in seeds for name in each.elsewhere)
        },
        None if first.row == BASELINE else over(BASELINE),
        None if first.control is None else over(first.control),
        first.noise,
        first.exact,
    )


def _check_data(seeds: Sequence[Judged]) -> None:
    """Refuse to average over seeds that were trained or judged on other data."""
    for each in seeds:
        before, now = seeds[0].begun_with or {}, each.begun_with or {}
        if changed := [name for name in {**before, **now} if before.get(name) != now.get(name)]:
            raise UserError(
                f"{each.folder}: was begun with other images or labels in {', '.join(changed)} "
                f"than {seeds[0].folder}: {CHANGED}"
            )


def _spread(values: Sequence[float | None]) -> Spread | None:
    known = [value for value in values if value is not None]
    return _of(known) if known else None


def _of(values: Sequence[float]) -> Spread:
    several = len(values) > 1
    return Spread(float(np.mean(values)), float(np.std(values, ddof=1)) if several else None)
