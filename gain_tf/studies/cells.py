"""Figures of a study as text, and which columns there are."""

from collections.abc import Sequence

from gain_tf.studies.against import COMPARED, Comparison, SeedDifference
from gain_tf.studies.gather import FIGURES
from gain_tf.studies.paired_difference import PairedDifference
from gain_tf.studies.summary import Spread, SummaryRow


def shown(rows: Sequence[SummaryRow]) -> list[int]:
    """Return which figures any row has."""
    return [
        index
        for index in range(len(FIGURES))
        if any(row.figures[index] is not None for row in rows)
    ]


def shown_differences(comparisons: Sequence[Comparison]) -> list[int]:
    """Return which of the compared figures any pair of rows has."""
    return [
        index
        for index in range(len(COMPARED))
        if any(each.figures[index] is not None for each in comparisons)
    ]


def other_splits(rows: Sequence[SummaryRow] | Sequence[Comparison]) -> list[str]:
    """Return the names of the other test splits that any row was judged on."""
    return list(dict.fromkeys(name for row in rows for name in row.elsewhere))


def has_controls(rows: Sequence[SummaryRow]) -> bool:
    """Tell whether any row is held against the same annotation at random places."""
    return any(row.over_control is not None for row in rows)


def spread(value: Spread | None) -> str:
    """Write mean and standard deviation in per cent."""
    if value is None:
        return "-"
    deviation = "" if value.deviation is None else f" ± {100 * value.deviation:.1f}"
    return f"{100 * value.mean:.1f}{deviation}"


def difference(value: PairedDifference | None) -> str:
    """Write a difference and its interval in percentage points."""
    if value is None:
        return "-"
    return f"{100 * value.mean:+.1f} [{100 * value.low:+.1f}, {100 * value.high:+.1f}]"


def over_seeds(value: SeedDifference | None) -> str:
    """Write a difference in percentage points, and its interval where there are several seeds."""
    if value is None:
        return "-"
    mean = f"{100 * value.mean:+.1f}"
    if value.half is None:
        return mean
    low, high = value.mean - value.half, value.mean + value.half
    return f"{mean} [{100 * low:+.1f}, {100 * high:+.1f}]"
