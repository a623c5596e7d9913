"""Training as curves: one panel a quantity, one colour a row."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from gain_tf.report.result import RowResult
from gain_tf.report.style import FAINT, INK, row_colour

VALIDATION = "val_"
"""Keras puts this before what was measured on the validation split."""

COLUMNS = 3
PANEL = 3.3, 2.3
"""Width and height of a panel in inches."""

FEW_EPOCHS = 12
"""Up to this many epochs every point is marked: a line through one point cannot be seen."""


def curves_figure(results: Sequence[RowResult]) -> Figure | None:
    """Draw every column of every row's `metrics.csv`.

    Args:
        results: the rows of a comparison.

    Returns:
        Training as full lines, validation as broken lines; None where nothing was recorded.
    """
    histories = [_columns(result.folder / "metrics.csv") for result in results]
    quantities = list(
        dict.fromkeys(key.removeprefix(VALIDATION) for history in histories for key in history)
    )
    if not quantities:
        return None
    lines = -(-len(quantities) // COLUMNS)
    across = min(COLUMNS, len(quantities))
    size = max(across, 2) * PANEL[0], lines * PANEL[1] + 0.5
    figure = Figure(figsize=size, layout="constrained")
    for place, quantity in enumerate(quantities, start=1):
        axes = figure.add_subplot(lines, across, place)
        _panel(axes, quantity, histories)
    keys = [Line2D([], [], color=row_colour(n), label=r.name) for n, r in enumerate(results)]
    keys += [
        Line2D([], [], color=INK, label="training"),
        Line2D([], [], color=INK, linestyle="--", label="validation"),
    ]
    figure.legend(
        handles=keys, loc="outside upper center", ncols=min(len(keys), 6), frameon=False, fontsize=9
    )
    return figure


def _panel(axes: Axes, quantity: str, histories: Sequence[dict[str, np.ndarray]]) -> None:
    for number, history in enumerate(histories):
        for prefix, dashes in (("", "-"), (VALIDATION, "--")):
            points = history.get(prefix + quantity)
            if points is None:
                continue
            few = len(points) <= FEW_EPOCHS
            axes.plot(
                *points.T,
                dashes,
                color=row_colour(number),
                linewidth=1.4,
                marker="o" if few else None,
                markersize=4,
                markerfacecolor="white" if prefix else row_colour(number),
            )
    first, last = axes.get_xlim()
    if last - first < 1:
        # A single epoch: Matplotlib would number fractions of it.
        axes.set_xlim(np.rint(first) - 0.5, np.rint(last) + 0.5)
    axes.set_title(quantity.replace("_", " "), fontsize=10, color=INK, loc="left")
    axes.set_xlabel("epoch", fontsize=8, color=FAINT)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _columns(path: Path) -> dict[str, np.ndarray]:
    """Read each column as points (epoch, value), (n, 2)."""
    if not path.is_file():
        return {}
    columns: dict[str, list[tuple[float, float]]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            epoch = float(row.pop("epoch"))
            for key, value in row.items():
                if value:
                    columns.setdefault(key, []).append((epoch, float(value)))
    return {key: np.array(points) for key, points in columns.items()}
