"""Which images a row judged right, read from its `predictions.csv`."""

import csv
from pathlib import Path

import numpy as np

from gain_tf.evaluation.evaluation_files import PREDICTIONS


def read_correct(folder: Path) -> dict[str, tuple[str, bool]]:
    """Read group and rightness of each image.

    Args:
        folder: of the row.

    Returns:
        By image id: the group it is drawn with, and whether its verdict is its label.
    """
    with (folder / PREDICTIONS).open(newline="", encoding="utf-8") as file:
        return {
            row["id"]: (row["group"], row["label"] == row["verdict"])
            for row in csv.DictReader(file)
        }


def paired(
    own: dict[str, tuple[str, bool]], other: dict[str, tuple[str, bool]]
) -> tuple[list[str], np.ndarray]:
    """Hold two rows against each other, image by image.

    Args:
        own: of the row in question, see `read_correct`.
        other: of the row it is held against, on the same images.

    Returns:
        Groups of the images, by the order of their ids, and 1 where only the first row is right,
        -1 where only the second is, (N,).

    Raises:
        ValueError: the rows judged other images.
    """
    if own.keys() != other.keys():
        raise ValueError("the rows were judged on different images")
    names = sorted(own)
    groups = [own[name][0] for name in names]
    return groups, np.array([own[name][1] - other[name][1] for name in names], float)
