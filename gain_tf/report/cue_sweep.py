"""The threshold of cues as a curve: overlap, precision and recall."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from gain_tf.report.style import FAINT, INK, row_colour

LINES = {"miou": ("mean IoU", 1, 2.4), "precision": ("mean precision", 2, 1.4)}
LINES |= {"recall": ("mean recall", 3, 1.4)}
"""Each figure's name, colour and width of line."""


def sweep_figure(sweep: Sequence[dict[str, Any]], used: float, title: str) -> Figure:
    """Draw a threshold sweep.

    Args:
        sweep: `threshold`, `miou`, `precision` and `recall` of each step, ascending.
        used: the threshold that the cues were made with.
        title: of the picture.

    Returns:
        The curves, the best threshold by mean IoU marked and named.
    """
    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    axes = figure.add_subplot()
    thresholds = [step["threshold"] for step in sweep]
    for key, (name, colour, width) in LINES.items():
        values = [np.nan if step[key] is None else step[key] for step in sweep]
        axes.plot(thresholds, values, color=row_colour(colour), linewidth=width, label=name)
    best = max(sweep, key=lambda step: step["miou"])
    axes.plot(best["threshold"], best["miou"], "o", color=row_colour(1), markersize=7)
    axes.annotate(
        f"best {best['miou']:.3f} at {best['threshold']:g}",
        (best["threshold"], best["miou"]),
        xytext=(8, 8),
        textcoords="offset points",
        fontsize=9,
        color=INK,
    )
    axes.axvline(used, color=FAINT, linewidth=1, linestyle=":", label=f"used: {used:g}")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("threshold, share of each map's maximum", fontsize=9)
    axes.set_title(title, fontsize=11, color=INK, loc="left", parse_math=False)
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure
