"""A study in pictures: figures against annotation, its amount and its care; accuracy, attention."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gain_tf.config.study import BASELINE
from gain_tf.report.style import FAINT, INK, ROW_COLOURS, row_colour
from gain_tf.studies.gather import FIGURES
from gain_tf.studies.plan import described
from gain_tf.studies.summary import Spread, SummaryRow

ACCURACY, ENERGY, SEGMENTER = (
    next(index for index, column in enumerate(FIGURES) if column[1:] == place)
    for place in (
        ("classification", "accuracy"),
        ("attention", "energy_in_mask"),
        ("segmenter", "miou"),
    )
)
HEIGHT = 3.4

SPENT = ("data.budget.masks", "data.budget.boxes")
"""Keys of a grid that say how much annotation is spent; its others, careless or misplaced
annotation among them, tell lines apart."""

NOISE = "data.budget.noise"

MARKERS = "os^Dv"
"""Of the rows, a new one wherever the colours begin again."""


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
        _dressed(axes, label, FIGURES[index][0])
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=8)
    return figure


def pareto(rows: Sequence[SummaryRow]) -> Figure | None:
    """Draw accuracy against energy in mask, a point a row.

    Args:
        rows: of the study.

    Returns:
        Crosses of one standard deviation, and a line through the rows that no other row exceeds in
        both figures; None where no row has both.
    """
    known = [row for row in rows if row.figures[ACCURACY] and row.figures[ENERGY]]
    if not known:
        return None
    figure = Figure(figsize=(7.5, HEIGHT + 0.8), layout="constrained")
    axes = figure.add_subplot()
    names = list(dict.fromkeys(row.name for row in known))
    for row in known:
        across, up = row.figures[ENERGY], row.figures[ACCURACY]
        assert across is not None
        assert up is not None
        number = names.index(row.name)
        axes.errorbar(
            100 * across.mean,
            100 * up.mean,
            xerr=_bar(across),
            yerr=_bar(up),
            fmt=_marker(number),
            color=row_colour(number),
            label=row.name,
            elinewidth=0.8,
        )
    front = pareto_front([(_mean(row, ENERGY), _mean(row, ACCURACY)) for row in known])
    axes.plot(*zip(*front, strict=True), color=FAINT, linewidth=0.8, zorder=0)
    _dressed(axes, "energy in mask", "accuracy")
    handles = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles, loc="outside right upper", frameon=False, fontsize=8)
    return figure


def pareto_front(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points that no other exceeds in both coordinates, from left to right."""
    front: list[tuple[float, float]] = []
    for across, up in sorted(set(points), reverse=True):
        if not front or up > front[-1][1]:
            front.append((across, up))
    return front[::-1]


def _mean(row: SummaryRow, index: int) -> float:
    figure = row.figures[index]
    assert figure is not None
    return 100 * figure.mean


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
        yerr=[_bar(spread) or 0 for _, spread in points],
        marker=_marker(number),
        markersize=4,
        linewidth=1.4,
        elinewidth=0.8,
        color=row_colour(number),
        label=name,
    )


def _marker(number: int) -> str:
    return MARKERS[number // len(ROW_COLOURS) % len(MARKERS)]


def _bar(spread: Spread) -> float | None:
    return None if spread.deviation is None else 100 * spread.deviation


def _dressed(axes: Axes, across: str, up: str) -> None:
    axes.set_xlabel(f"{across}, per cent" if across == "energy in mask" else across, fontsize=9)
    axes.set_ylabel(f"{up}, per cent", fontsize=9)
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(alpha=0.25, color=FAINT)
    axes.spines[["top", "right"]].set_visible(False)
