"""A study as a Pareto picture: accuracy against energy in mask."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from gain_tf.report.style import FAINT, row_colour
from gain_tf.studies.axes import ACCURACY, ENERGY, HEIGHT, bar, dressed, marker
from gain_tf.studies.summary import SummaryRow


def pareto(rows: Sequence[SummaryRow]) -> Figure | None:
    """Draw accuracy against energy in mask, a point a row.

    Args:
        rows: of the study.

    Returns:
        Crosses of one standard deviation, and a line through the rows that no other row exceeds in
        both figures; None where no row has both.
    """
    known = [
        (row.name, across, up)
        for row in rows
        if (across := row.figures[ENERGY]) and (up := row.figures[ACCURACY])
    ]
    if not known:
        return None
    figure = Figure(figsize=(7.5, HEIGHT + 0.8), layout="constrained")
    axes = figure.add_subplot()
    names = list(dict.fromkeys(name for name, _, _ in known))
    for name, across, up in known:
        number = names.index(name)
        axes.errorbar(
            100 * across.mean,
            100 * up.mean,
            xerr=bar(across),
            yerr=bar(up),
            fmt=marker(number),
            color=row_colour(number),
            label=name,
            elinewidth=0.8,
        )
    front = pareto_front([(100 * across.mean, 100 * up.mean) for _, across, up in known])
    axes.plot(*zip(*front, strict=True), color=FAINT, linewidth=0.8, zorder=0)
    dressed(axes, "energy in mask", "accuracy")
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
