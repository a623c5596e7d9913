"""Which images a row judged right, read from its `predictions.csv`, and another row did not."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gain_tf.errors import UserError
from gain_tf.evaluation.evaluation_files import PREDICTIONS, read_predictions
from gain_tf.studies.paired_difference import PairedDifference, paired_difference

CHANGED = "the data changed between the runs; move the runs of the old data away, and start again"


def read_correct(folder: Path) -> dict[str, tuple[str, bool]]:
    """Read group and rightness of each image.

    Args:
        folder: of the row.

    Returns:
        By image id: the group it is drawn with, and whether its verdict is its label.

    Raises:
        UserError: the file is damaged.
    """
    rows = read_predictions(folder / PREDICTIONS)
    return {row["id"]: (row["group"], row["label"] == row["verdict"]) for row in rows}


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


def accuracy_difference(rows: Sequence[tuple[Path, Path]]) -> PairedDifference:
    """Compute how much more accurate a row is than another, over the seeds of both.

    Args:
        rows: folder of the one and of the other, for each seed.

    Returns:
        The difference, paired by seed and image.

    Raises:
        UserError: the rows were judged on different images.
    """
    read = [(read_correct(own), read_correct(other)) for own, other in rows]
    first = read[0][0]
    for folders, verdicts in zip(rows, read, strict=True):
        for folder, found in zip(folders, verdicts, strict=True):
            if found.keys() != first.keys():
                raise UserError(
                    f"{folder}: was judged on other images than {rows[0][0]}: {CHANGED}"
                )
    compared = [paired(own, other) for own, other in read]
    return paired_difference(compared[0][0], np.stack([each for _, each in compared]))
