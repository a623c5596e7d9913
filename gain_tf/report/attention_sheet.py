"""Ground truth and the attention of every row, side by side, for the same images."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gain_tf.data.dataset import DataSet, Split
from gain_tf.report.drawing import TRUTH, draw_boxes, enlarged_to, outline, overlay
from gain_tf.report.examples import Answer, Shown
from gain_tf.report.style import INK, RIGHT, WRONG

CELL = 1.9
"""Width of a picture in inches."""

LONGER_SIDE = 288
"""Of a picture in pixels."""

HEADING = 0.32
"""Height of the row of headings in inches."""

FITTING = 18
"""Characters of a heading that fit above a picture at full size."""

PLATE: Mapping[str, Any] = {
    "ha": "center",
    "va": "bottom",
    "fontsize": 8,
    "color": INK,
    "bbox": {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2},
}
"""How a map that is zero everywhere is marked: its overlay is merely dark."""

CAPTION = 0.24
"""Height of the line above a picture in inches."""


def attention_figure(
    shown: Sequence[Shown],
    answers: Mapping[str, Sequence[Answer]],
    split: Split,
    data: DataSet,
) -> Figure:
    """Draw one line an image: ground truth, then the map of each row of the comparison.

    Args:
        shown: the images, at least one.
        answers: an answer an image, by row, in the order of the columns.
        split: of the images.
        data: of the split.

    Returns:
        The sheet. Maps explain the true class, whatever the verdict is.
    """
    pictures = [_picture(split, each.image) for each in shown]
    tallest = max(picture.shape[0] / picture.shape[1] for picture in pictures)
    high, across = CELL * min(tallest, 1.5), len(answers) + 1
    line = high + CAPTION
    width, height = across * CELL, HEADING + len(shown) * line
    figure = Figure(figsize=(width, height))

    def place(number: int, column: int) -> Axes:
        bottom = 1 - (HEADING + (number + 1) * line) / height
        gap = 0.03 / across
        return figure.add_axes((column / across + gap, bottom, 1 / across - 2 * gap, high / height))

    for column, heading in enumerate(("ground truth", *answers)):
        figure.text(
            (column + 0.5) / across,
            1 - HEADING / 2 / height,
            heading,
            ha="center",
            va="center",
            # A long name must not run into its neighbour's.
            fontsize=11 * min(1, FITTING / len(heading)),
            fontweight="bold",
            color=INK,
            parse_math=False,
        )
    for number, (each, picture) in enumerate(zip(shown, pictures, strict=True)):
        truth = _truth(picture, split, each)
        _cell(place(number, 0), truth, data.class_names[each.category], INK)
        for column, row in enumerate(answers.values(), start=1):
            answer = row[number]
            seen = _outlined(overlay(picture, answer.attention), split, each)
            caption = f"{answer.verdict}  {answer.score * 100:.0f} %"
            axes = place(number, column)
            _cell(axes, seen, caption, RIGHT if answer.right else WRONG)
            if not answer.attention.any():
                axes.text(0.5, 0.03, "no attention", transform=axes.transAxes, **PLATE)
    return figure


def _cell(axes: Axes, picture: np.ndarray, caption: str, colour: str) -> None:
    axes.imshow(picture, interpolation="antialiased")
    axes.set_title(caption, fontsize=8.5, color=colour, pad=3, parse_math=False)
    axes.axis("off")


def _picture(split: Split, index: int) -> np.ndarray:
    return enlarged_to(split.pictures.image(index), LONGER_SIDE)


def _outlined(picture: np.ndarray, split: Split, shown: Shown) -> np.ndarray:
    """Outline the object of the class that is explained."""
    if not split.mask_shows[shown.image, shown.category]:
        return picture
    inside = split.pictures.mask(shown.image) == shown.category + 1
    return outline(picture, inside, TRUTH)


def _truth(picture: np.ndarray, split: Split, shown: Shown) -> np.ndarray:
    """Draw the mask in, or boxes where there is none."""
    if split.mask_shows[shown.image, shown.category]:
        return _outlined(picture, split, shown)
    return draw_boxes(picture, split.boxes[shown.image], split.box_labels[shown.image])
