"""What the pictures of a study share: which figures they show, and how their axes look."""

from matplotlib.axes import Axes

from gain_tf.report.style import FAINT, INK, ROW_COLOURS
from gain_tf.studies.gather import FIGURES
from gain_tf.studies.summary import Spread

ACCURACY, ENERGY, SEGMENTER = (
    next(index for index, column in enumerate(FIGURES) if column[1:] == place)
    for place in (
        ("classification", "accuracy"),
        ("attention", "energy_in_mask"),
        ("segmenter", "miou"),
    )
)
HEIGHT = 3.4

MARKERS = "os^Dv"
"""Of the rows, a new one wherever the colours begin again."""


def marker(number: int) -> str:
    """Return the marker of row `number`."""
    return MARKERS[number // len(ROW_COLOURS) % len(MARKERS)]


def bar(spread: Spread) -> float | None:
    """Return one standard deviation in per cent; None where there is one seed."""
    return None if spread.deviation is None else 100 * spread.deviation


def dressed(axes: Axes, across: str, up: str) -> None:
    """Name the axes, and draw a grid behind them."""
    axes.set_xlabel(f"{across}, per cent" if across == "energy in mask" else across, fontsize=9)
    axes.set_ylabel(f"{up}, per cent", fontsize=9)
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(alpha=0.25, color=FAINT)
    axes.spines[["top", "right"]].set_visible(False)
