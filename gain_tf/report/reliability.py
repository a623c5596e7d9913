"""How far each row's verdicts can be relied on, in one picture."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gain_tf.report.result import RowResult
from gain_tf.report.style import FAINT, INK, row_colour

SIZE = (8.6, 3.4)


def reliability_figure(results: Sequence[RowResult]) -> Figure | None:
    """Draw the accuracy-reject curve, and accuracy against confidence.

    Args:
        results: of the rows.

    Returns:
        One line a row; None where no row has the figures, as in runs of older versions.
    """
    known = [
        (number, result.name, figures)
        for number, result in enumerate(results)
        if "reject_curve" in (figures := result.figures.get("classification", {}))
    ]
    if not known:
        return None
    figure = Figure(figsize=SIZE, layout="constrained")
    rejecting, trusting = figure.subplots(1, 2)
    trusting.plot([0, 100], [0, 100], color=FAINT, linewidth=0.8)
    for number, name, figures in known:
        curve, bins = figures["reject_curve"], figures["calibration"]
        style: dict[str, Any] = {"color": row_colour(number), "linewidth": 1.4, "label": name}
        rejecting.plot(_percent(curve["rejected"]), _percent(curve["accuracy"]), **style)
        trusting.plot(
            _percent(bins["confidence"]),
            _percent(bins["accuracy"]),
            marker="o",
            markersize=3,
            **style,
        )
    _dressed(rejecting, "least sure images rejected, per cent", "accuracy on the rest, per cent")
    _dressed(trusting, "confidence of a verdict, per cent", "share that is right, per cent")
    handles, labels = rejecting.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", frameon=False, fontsize=8)
    return figure


def _percent(values: Sequence[float]) -> list[float]:
    return [100 * value for value in values]


def _dressed(axes: Axes, across: str, up: str) -> None:
    axes.set_xlabel(across, fontsize=9)
    axes.set_ylabel(up, fontsize=9)
    axes.set_ylim(top=102)
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(alpha=0.25, color=FAINT)
    axes.spines[["top", "right"]].set_visible(False)
