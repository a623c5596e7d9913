"""A contact sheet of the images that are suggested for annotation."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from gain_tf.data.dataset import DataSet, Split
from gain_tf.evaluation.suggestion import Suggestion
from gain_tf.report.drawing import enlarged_to, overlay
from gain_tf.report.style import INK

ACROSS = 6
"""Images in a line."""

CELL = 1.7
"""Width of an image in inches."""

CAPTION = 0.3
"""Height of the line above an image in inches."""

LONGER_SIDE = 224
"""Of an image in pixels."""


def suggestion_sheet(
    suggestions: Sequence[Suggestion],
    maps: Sequence[np.ndarray],
    split: Split,
    data: DataSet,
) -> Figure:
    """Draw the images in their order, each with where the network looks.

    Args:
        suggestions: at least one.
        maps: attention to the first class of each image, (h, w) in [0, 1].
        split: of the images.
        data: of the split.

    Returns:
        The sheet; above each image its rank, its classes and its score.
    """
    pictures = [enlarged_to(split.pictures.image(each.image), LONGER_SIDE) for each in suggestions]
    tallest = max(picture.shape[0] / picture.shape[1] for picture in pictures)
    across = min(ACROSS, len(pictures))
    down = -(-len(pictures) // ACROSS)
    high = CELL * min(tallest, 1.5)
    height = down * (high + CAPTION)
    figure = Figure(figsize=(across * CELL, height))
    for number, (each, picture, attention) in enumerate(
        zip(suggestions, pictures, maps, strict=True)
    ):
        line, column = divmod(number, ACROSS)
        bottom = 1 - (line + 1) * (high + CAPTION) / height
        gap = 0.03 / across
        axes = figure.add_axes((column / across + gap, bottom, 1 / across - 2 * gap, high / height))
        axes.imshow(overlay(picture, attention), interpolation="antialiased")
        axes.axis("off")
        shown = np.flatnonzero(split.labels[each.image] > 0.5)
        names = ", ".join(data.class_names[category] for category in shown.tolist())
        caption = f"{number + 1}  {_short(names)}  {each.score:.2f}"
        axes.set_title(caption, fontsize=7.5, color=INK, pad=3, parse_math=False)
    return figure


def _short(text: str, most: int = 18) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
