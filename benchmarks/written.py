"""What a benchmark leaves behind: a table in Markdown, and a picture of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from gain_tf.files import replacing
from gain_tf.report.style import FAINT, INK, row_colour, save

Groups = Mapping[str, Mapping[str, float]]
"""Bars by the name of their group, and there by the name of their kind."""


def table_of(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Lay out a Markdown table."""
    rows = [headings, ["---"] * len(headings), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def bars(groups: Groups, across: str, targets: Mapping[str, float]) -> Figure:
    """Draw a group of bars for each of `groups`, and where a kind was aimed to stay below.

    Args:
        groups: a bar for each kind.
        across: what their length is.
        targets: of some kinds.
    """
    kinds = list(dict.fromkeys(kind for bars in groups.values() for kind in bars))
    height = 0.8 / len(kinds)
    figure = Figure(figsize=(8, 0.8 + 0.28 * len(groups) * len(kinds)), layout="constrained")
    axes = figure.add_subplot()
    for number, kind in enumerate(kinds):
        places = [
            (place + number * height, bars[kind])
            for place, bars in enumerate(groups.values())
            if kind in bars
        ]
        drawn = axes.barh(
            [place for place, _ in places],
            [length for _, length in places],
            height,
            color=row_colour(number),
            label=kind,
        )
        axes.bar_label(drawn, fmt="%.2f", fontsize=7, padding=2, color=INK)
        if kind in targets:
            axes.axvline(targets[kind], color=row_colour(number), linewidth=1, ls="--")
    axes.set_yticks([place + 0.4 - height / 2 for place in range(len(groups))], list(groups))
    axes.invert_yaxis()
    axes.set_xlabel(f"{across}; dashed: what was aimed at" if targets else across, fontsize=9)
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(axis="x", alpha=0.25, color=FAINT)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    return figure


def write(folder: Path | None, name: str, table: str, figure: Figure) -> None:
    """Write `NAME.md` and `NAME.png` into a folder, each whole or not at all; None writes nothing.

    Args:
        folder: made where it is missing.
        name: of both files.
        table: in Markdown.
        figure: beside it.
    """
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / f"{name}.md") as temporary:
        temporary.write_text(table + "\n", encoding="utf-8")
    save(figure, folder / f"{name}.png")
