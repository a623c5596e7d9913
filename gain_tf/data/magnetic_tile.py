"""Photographs of magnetic tiles from a production line, with masks of the defect.

Huang, Qiu and Yuan, "Surface defect saliency of magnetic tile", The Visual Computer, 2020. The
root holds a folder a class with `NAME.jpg` and `NAME.png`, and `split.csv` with the columns file,
class, split and group: the same tile was photographed many times, and all frames of a tile stay
on one side.
"""

from pathlib import Path

from gain_tf.config import Data
from gain_tf.data.checks import checked_splits
from gain_tf.data.dataset import DataSet
from gain_tf.data.file_pictures import FileRecord
from gain_tf.data.files import DataError
from gain_tf.data.folder_about import said_sizes
from gain_tf.data.listing import Row, path_below, read_listing, root_of

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
    root = root_of(data.root)
    if not (root / "split.csv").is_file():
        raise DataError(
            [
                f"data.root: there is no split.csv in {root}; magnetic_tile needs the folder with "
                "the photographs of Huang et al. and a split.csv (file, class, split, group)"
            ]
        )
    records, problems = [], []
    for place, row in read_listing(root / "split.csv", ("file", "class", "split", "group")):
        path = path_below(root, f"{row['class']}/{row['file']}.jpg") if row["file"] else None
        if path is None:
            problems.append(f"{place}: file {row['file']!r} is not below {root}")
        elif row["split"] not in SPLITS:
            problems.append(
                f"{place}: unknown split {row['split']!r}; known are {', '.join(SPLITS)}"
            )
        else:
            records.append(_record(path, row))
    splits = checked_splits(
        records, CLASS_NAMES, mask_values="binary", cache=data.cache == "memory", problems=problems
    )
    return DataSet(
        name="magnetic_tile",
        class_names=CLASS_NAMES,
        splits=splits,
        single_label=True,
        unguided_classes=[CLASS_NAMES.index("free")],
        about={
            "source": "Huang, Qiu and Yuan, Surface defect saliency of magnetic tile, 2020",
            "licence": "free to use with citation",
            "sizes": f"grey photographs, {said_sizes([record.path for record in records])}",
            "splits": "as split.csv says; all frames of a tile lie on one side",
            "annotation": "a mask of the defect for each image; some of `uneven` are empty",
            "known bias": "the same tile appears in several frames and exposures; most photographs "
            "show no defect",
        },
    )


def _record(path: Path, row: Row) -> FileRecord:
    name = f"{row['class']}/{row['file']}"
    mask = path.with_suffix(".png")
    return FileRecord(
        path=path,
        labels=(row["class"],),
        split=SPLITS[row["split"]],
        mask=mask if mask.is_file() else None,
        group=row["group"] or name,
        id=name,
    )
