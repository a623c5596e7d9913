"""What was taken for what: images of one label as a matrix, of several as counts; pixels."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix, multilabel_confusion_matrix

from gain_tf.data.dataset import DataSet
from gain_tf.evaluation.evaluation_files import read_predictions
from gain_tf.report.style import INK

MOST_LABELLED = 30
"""Matrices of more classes show colours, but no numbers: those could not be read."""


def read_verdicts(path: Path, class_names: Sequence[str], *, single_label: bool) -> np.ndarray:
    """Read what a row of a comparison said of each image.

    Args:
        path: `predictions.csv` of the row.
        class_names: in the order of the columns of the result.
        single_label: whether every image has exactly one label.

    Returns:
        Truth and verdict, boolean (2, N, C).

    Raises:
        UserError: the file is damaged.
    """
    rows = [(row["label"], row["verdict"]) for row in read_predictions(path)]

    def flags(text: str) -> list[bool]:
        named = [text] if single_label else text.split(";")
        return [name in named for name in class_names]

    return np.array([[flags(text) for text in column] for column in zip(*rows, strict=True)])


def confusion_figure(truth: np.ndarray, verdicts: np.ndarray, data: DataSet, title: str) -> Figure:
    """Draw the confusion of one row.

    Args:
        truth: boolean (N, C).
        verdicts: boolean (N, C).
        data: names the classes, and says whether images have exactly one.
        title: of the picture.

    Returns:
        With one label an image, counts by true class (down) and verdict (across); with several,
        how often each class was found, missed, and seen where it was not. Colours are shares of
        the images of a class.
    """
    names = list(data.class_names)
    if data.single_label:
        counts = confusion_matrix(
            truth.argmax(axis=1), verdicts.argmax(axis=1), labels=range(len(names))
        )
        columns, across = names, "verdict"
    else:
        both = multilabel_confusion_matrix(truth, verdicts)
        counts = np.stack([both[:, 1, 1], both[:, 1, 0], both[:, 0, 1]], axis=1)
        columns, across = ["found", "missed", "false alarm"], ""
    images = np.maximum(truth.sum(axis=0), 1)[:, None]
    texts = np.where(counts > 0, counts.astype(str), "")
    figure = _matrix(texts, np.minimum(counts / images, 1), names, columns)
    axes = figure.axes[0]
    axes.set_xlabel(across, fontsize=9)
    axes.set_title(title, fontsize=11, color=INK, parse_math=False)
    return figure


def pixel_confusion_figure(confusion: np.ndarray, names: Sequence[str], title: str) -> Figure:
    """Draw the confusion of a segmentation.

    Args:
        confusion: pixels by truth (row) and prediction (column), (C, C), or (C, C + 1) with a
            last column of pixels for which no class was named.
        names: of the classes, C of them.
        title: of the picture.

    Returns:
        In each cell the share of the true class's pixels, in per cent and as colour; a class that
        truth has nothing of is an empty row.
    """
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    texts = np.where(shares >= 0.005, np.round(100 * shares).astype(int).astype(str), "")
    columns = [*names, "undecided"][: confusion.shape[1]]
    figure = _matrix(texts, shares, names, columns)
    axes = figure.axes[0]
    axes.set_xlabel("prediction, % of the true class's pixels", fontsize=9)
    axes.set_title(title, fontsize=11, color=INK, parse_math=False)
    return figure


def _matrix(
    texts: np.ndarray, shares: np.ndarray, names: Sequence[str], columns: Sequence[str]
) -> Figure:
    cell = 0.62 if len(names) <= 12 else 0.36
    letters = max(len(name) for name in [*names, *columns]) * 0.085
    figure = Figure(
        figsize=(max(len(columns) * cell + letters + 0.8, 3.2), len(names) * cell + letters + 0.9),
        layout="constrained",
    )
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), text in np.ndenumerate(texts):
        if len(names) <= MOST_LABELLED and text:
            dark = shares[row, column] > 0.5
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                fontsize=10 if cell > 0.5 else 7,
                color="white" if dark else INK,
            )
    size = 9 if cell > 0.5 else 7
    axes.set_xticks(range(len(columns)), columns, rotation=90 if letters > cell else 0)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(length=0, labelsize=size)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        # A dollar in a class name is no formula.
        label.set_parse_math(False)
    axes.set_ylabel("true class", fontsize=9)
    axes.spines[:].set_visible(False)
    return figure
