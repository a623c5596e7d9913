"""Training images of every class: what training sees of them, and all that is known."""

from typing import Any

import numpy as np
import tensorflow as tf
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.pipeline import resize_image
from gain_tf.report.drawing import draw_boxes, draw_mask, enlarged_to
from gain_tf.report.style import FAINT, INK, row_colour

CELL = 1.7
"""Width of a picture in inches."""

LONGER_SIDE = 288
"""Of a picture in pixels."""

ACROSS = 8
"""Pictures in a line."""

MOST = 48
"""Images on the sheet, where there are many classes."""

GAP = 0.3
"""Between two columns of counts, in inches."""

HEADING_SIZE, COUNT_SIZE = 10.0, 8.5
"""Of letters, in points."""

MARGIN = 0.45
"""Left of the pictures, for the names of the lines, in inches."""

CAPTION = 0.25
"""Height of the line above a picture in inches."""

LINE_OF_TITLE = 0.19
"""Height of a line of the title in inches."""

POINTS = 72
"""To an inch."""

HINTED = 1.05
"""Letters drawn in pixels are up to this much wider than their outlines."""

SEEN, KNOWN = row_colour(1), FAINT
"""Frames of what training sees, and of what it does not."""


def sample_figure(data: DataSet, kept: Split, image_size: tuple[int, int]) -> Figure:
    """Draw the sheet.

    Args:
        data: fully annotated, as far as it is.
        kept: its training split within the budget.
        image_size: (height, width) the network sees.

    Returns:
        Two images a class as far as there is room, one annotated within the budget where there
        is one, in pairs of lines: above, framed, as training sees them; below with everything
        that is known.
    """
    train = data.splits["train"]
    chosen = _chosen(kept)
    across = min(ACROSS, len(chosen))
    blocks = -(-len(chosen) // across)
    heading, counted = _title(data, kept, train)
    column = GAP + max(_width(text, COUNT_SIZE) for text in counted)
    width = max(MARGIN + across * CELL, column, GAP + _width(heading, HEADING_SIZE, bold=True))
    columns = min(int(width / column), len(counted))
    high = CELL * min(image_size[0] / image_size[1], 1.5)
    top = (2 + -(-len(counted) // columns)) * LINE_OF_TITLE
    height = top + 2 * blocks * (high + CAPTION) + 0.05
    figure = Figure(figsize=(width, height))

    def write(text: str, line: int, left: float, **style: Any) -> None:
        figure.text(
            left / width,
            1 - (line + 0.8) * LINE_OF_TITLE / height,
            text,
            color=INK,
            va="center",
            parse_math=False,
            **style,
        )

    write(heading, 0, 0.1, fontsize=HEADING_SIZE, fontweight="bold")
    for number, text in enumerate(counted):
        line, place = divmod(number, columns)
        write(text, 1 + line, 0.1 + place * column, fontsize=COUNT_SIZE)
    for place, (index, category) in enumerate(chosen):
        block, across_by = divmod(place, across)
        for below, (split, frame, name) in enumerate(
            ((kept, SEEN, "training sees"), (train, KNOWN, "all that is known"))
        ):
            bottom = top + (2 * block + below + 1) * (high + CAPTION)
            axes = figure.add_axes(
                (
                    (MARGIN + across_by * CELL + 0.05) / width,
                    1 - bottom / height,
                    (CELL - 0.1) / width,
                    high * (CELL - 0.1) / CELL / height,
                )
            )
            axes.imshow(_drawn(split, index, image_size), aspect="auto")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set(color=frame, linewidth=2.5)
            if not below:
                caption = data.class_names[category]
                axes.set_title(caption, fontsize=8.5, color=INK, pad=4, parse_math=False)
            if not across_by:
                axes.set_ylabel(name, fontsize=9, color=frame, fontweight="bold")
    return figure


def _width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a line of text is, in inches."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    points = text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]
    return HINTED * points / POINTS


def _chosen(kept: Split) -> list[tuple[int, int]]:
    """Choose for each class an image that training sees annotated, and one that it does not.

    Where there are too many for the sheet, those that training sees come first.
    """
    annotated = kept.has_mask | kept.has_boxes
    chosen: dict[int, int] = {}
    for wanted in (annotated, ~annotated):
        for category in range(kept.labels.shape[1]):
            own = np.flatnonzero(wanted & (kept.labels[:, category] > 0.5)).tolist()
            left = [index for index in own if index not in chosen]
            if left and len(chosen) < MOST:
                chosen[left[0]] = category
    return sorted(chosen.items(), key=lambda each: each[1])


def _drawn(split: Split, index: int, image_size: tuple[int, int]) -> np.ndarray:
    seen = resize_image(tf.constant(split.pictures.image(index)), image_size).numpy()
    image = enlarged_to(np.clip(np.round(seen), 0, 255).astype(np.uint8), LONGER_SIDE)
    if split.has_mask[index]:
        image = draw_mask(image, split.pictures.mask(index))
    return draw_boxes(
        image, split.boxes[index], split.box_labels[index], remarks=_remarks(split, index)
    )


def _remarks(split: Split, index: int) -> list[str]:
    """Say of each box whether what is in it is difficult or truncated."""
    if split.box_flags is None:
        return [""] * len(split.boxes[index])
    words = ("difficult", "truncated")
    return [
        " ".join(word for word, on in zip(words, flags, strict=True) if on)
        for flags in split.box_flags[index]
    ]


def _title(data: DataSet, kept: Split, train: Split) -> tuple[str, list[str]]:
    """Return the heading, and the counts of each class."""
    masks, boxes = _shown(kept)
    known_masks, known_boxes = _shown(train)
    images = (train.labels > 0.5).sum(axis=0)
    counted = [
        f"{name}: {images[c]} images, {masks[c]} of {known_masks[c]} masks, "
        f"{boxes[c]} of {known_boxes[c]} boxed"
        for c, name in enumerate(data.class_names)
    ]
    heading = f"{data.name}, {len(train)} training images; annotation that training sees, of all"
    return heading, counted


def _shown(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Count the images of each class with a mask and with a box, (C,) each."""
    return split.mask_shows.sum(axis=0), split.boxes_show.sum(axis=0)
