"""A study in curves: figures against how much annotation there is, and how careless it is."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gain_tf.config.study import BASELINE
from gain_tf.report.style import row_colour
from gain_tf.studies.axes import ACCURACY, ENERGY, HEIGHT, SEGMENTER, bar, dressed, marker
from gain_tf.studies.gather import FIGURES
from gain_tf.studies.plan import described
from gain_tf.studies.summary import SummaryRow

SPENT = ("data.budget.masks", "data.budget.boxes")
"""Keys of a grid that say how much annotation is spent; its others, careless or misplaced
annotation among them, tell lines apart."""

NOISE = "data.budget.noise"


def budget_curve(rows: Sequence[SummaryRow]) -> Figure | None:
    """Draw accuracy, energy in mask and the segmenter's mIoU against the annotated images.

    Args:
        rows: of the study.

    Returns:
        One line a row name and point of the rest of the grid, bars of one standard deviation;
        None where no row was trained with two different budgets.
    """
    counted = [row for row in rows if row.annotated is not None]
    lines = _lines(counted, lambda row: row.name, SPENT)
    if not any(len({row.annotated for row in line}) > 1 for line in lines.values()):
        return None
    return _curves(lines, lambda row: row.annotated or 0, "images with annotation")


def robustness_curve(rows: Sequence[SummaryRow]) -> Figure | None:
    """Draw the same figures against how careless the annotation is.

    Args:
        rows: of the study.

    Returns:
        One line a row and point of the rest of the grid, as far as it was trained with two
        different shares of noise, and the plain network, which has no annotation, as a dashed line;
        None where no row was.
    """
    annotated = [row for row in rows if row.annotated != 0]
    lines = _lines(annotated, lambda row: row.exact or row.name, (NOISE,))
    lines = {name: line for name, line in lines.items() if len({row.noise for row in line}) > 1}
    if not lines:
        return None
    plain = _lines([row for row in rows if row.name == BASELINE], lambda row: row.name, (NOISE,))
    across = "noise of the annotation, per cent of the object"
    return _curves(lines, lambda row: 100 * row.noise, across, plain)


def _lines(
    rows: Sequence[SummaryRow], named: Callable[[SummaryRow], str], apart: Sequence[str]
) -> dict[str, list[SummaryRow]]:
    """Put together the rows of one name that the keys `apart` of the grid alone tell apart."""
    lines: dict[str, list[SummaryRow]] = {}
    for row in rows:
        rest = {key: value for key, value in row.point.items() if key not in apart}
        name = f"{named(row)}, {described(rest)}" if rest else named(row)
        lines.setdefault(name, []).append(row)
    return lines


def _curves(
    lines: Mapping[str, Sequence[SummaryRow]],
    across: Callable[[SummaryRow], float],
    label: str,
    levels: Mapping[str, Sequence[SummaryRow]] = MappingProxyType({}),
) -> Figure:
    """Draw each figure that any row has in axes of its own; `levels` are rows beside the axis."""
    drawn = [row for line in lines.values() for row in line]
    known = [
        index for index in (ACCURACY, ENERGY, SEGMENTER) if any(row.figures[index] for row in drawn)
    ]
    figure = Figure(figsize=(2 + 3.5 * len(known), HEIGHT), layout="constrained")
    for place, index in enumerate(known, start=1):
        axes = figure.add_subplot(1, len(known), place)
        for number, (name, line) in enumerate(lines.items()):
            _line(axes, line, across, index, name, number)
        for number, (name, line) in enumerate(levels.items(), start=len(lines)):
            if level := line[0].figures[index]:
                colour = row_colour(number)
                axes.axhline(100 * level.mean, color=colour, label=name, linewidth=1, ls="--")
        dressed(axes, label, FIGURES[index][0])
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=8)
    return figure


def _line(
    axes: Axes,
    line: Sequence[SummaryRow],
    across: Callable[[SummaryRow], float],
    index: int,
    name: str,
    number: int,
) -> None:
    points = [
        (across(row), spread)
        for row in sorted(line, key=across)
        if (spread := row.figures[index]) is not None
    ]
    if not points:
        return
    axes.errorbar(
        [place for place, _ in points],
        [100 * spread.mean for _, spread in points],
        yerr=[bar(spread) or 0 for _, spread in points],
        marker=marker(number),
        markersize=4,
        linewidth=1.4,
        elinewidth=0.8,
        color=row_colour(number),
        label=name,
    )
