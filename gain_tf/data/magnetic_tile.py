"""Photographs of magnetic tiles from a production line, with masks of the defect.

Huang, Qiu and Yuan, "Surface defect saliency of magnetic tile", The Visual Computer, 2020. The
root holds a folder a class with `NAME.jpg` and `NAME.png`, and `split.csv` with the columns file,
class, split and group: the same tile was photographed many times, and all frames of a tile stay
on one side.
"""

import csv
from pathlib import Path

from gain_tf.config import Data
from gain_tf.data.dataset import DataSet
from gain_tf.data.files import DataError, FileRecord, file_problems, splits_of

CLASS_NAMES = ("blowhole", "break", "crack", "fray", "uneven", "free")
SPLITS = {"train": "train", "val": "validation", "test": "test"}


def load_magnetic_tile(data: Data) -> DataSet:
    """Read the photographs below `data.root`.

    Args:
        data: `root` names the folder.

    Returns:
        The data set; tiles free of defects have nothing to attend to.

    Raises:
        DataError: lists every problem of the data set.
    """
    root = data.root
    listing = None if root is None else root / "split.csv"
    if root is None or listing is None or not listing.is_file():
        raise DataError(
            [
                f"data.root: there is no split.csv in {root}; magnetic_tile needs data.root to name "
                "the folder with the photographs of Huang et al. and a split.csv "
                "(file, class, split, group)"
            ]
        )
    with listing.open(newline="", encoding="utf-8") as lines:
        records = [_record(root, row) for row in csv.DictReader(lines)]
    problems = file_problems(records, CLASS_NAMES, "binary")
    if problems:
        raise DataError(problems)
    return DataSet(
        name="magnetic_tile",
        class_names=CLASS_NAMES,
        splits=splits_of(records, CLASS_NAMES, mask_values="binary", cache=data.cache),
        single_label=True,
        unguided_classes=[CLASS_NAMES.index("free")],
        about={
            "source": "Huang, Qiu and Yuan, Surface defect saliency of magnetic tile, 2020",
            "licence": "free to use with citation",
            "annotation": "a mask of the defect for each image; some of `uneven` are empty",
            "known bias": "the same tile appears in several frames and exposures: split by group",
        },
    )


def _record(root: Path, row: dict[str, str]) -> FileRecord:
    name = f"{row['class']}/{row['file']}"
    mask = root / f"{name}.png"
    return FileRecord(
        path=root / f"{name}.jpg",
        labels=(row["class"],),
        split=SPLITS.get(row["split"], row["split"]),
        mask=mask if mask.is_file() else None,
        group=row["group"],
        id=name,
    )
