"""Data sets by name."""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace

from gain_tf.config import Data
from gain_tf.data.boat import load_boat
from gain_tf.data.camera import load_camera
from gain_tf.data.dataset import DataSet
from gain_tf.data.decoy_mnist import load_decoy_mnist
from gain_tf.data.files import DataError
from gain_tf.data.folder import load_folder
from gain_tf.data.kept import kept_on_disk
from gain_tf.data.magnetic_tile import load_magnetic_tile
from gain_tf.data.rendered import MakeSplit, planned_split
from gain_tf.data.shapes import load_shapes
from gain_tf.data.voc2012_splits import load_voc2012
from gain_tf.data.workpiece import load_workpiece

DATA_SETS: Mapping[str, Callable[[Data], DataSet]] = {
    "workpiece": load_workpiece,
    "camera": load_camera,
    "shapes": load_shapes,
    "boat": load_boat,
    "decoy_mnist": load_decoy_mnist,
    "magnetic_tile": load_magnetic_tile,
    "voc2012": load_voc2012,
    "folder": load_folder,
}
"""What `data.name` may be."""


PLANNED: Mapping[str, Callable[[Data, MakeSplit], DataSet]] = {
    "workpiece": load_workpiece,
    "camera": load_camera,
    "boat": load_boat,
}
"""Rendered data sets of which all but the pictures is known before they are rendered."""


def load_data(data: Data, *, whole: bool = True, once: bool = False) -> DataSet:
    """Load and check a data set.

    Args:
        data: the config's section.
        whole: whether all of it will be looked at; otherwise pictures are rendered one by one when
            they are asked for, where the data set can be described without.
        once: whether each picture will be looked at once or twice; then none is kept in memory.

    Returns:
        The data set, every split fully annotated as far as it is.

    Raises:
        DataError: the name is unknown, or the data have problems; all are listed.
    """
    if data.name not in DATA_SETS:
        close = difflib.get_close_matches(data.name, DATA_SETS, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(DATA_SETS)}"
        raise DataError([f"data.name: there is no data set {data.name!r}; {hint}"])
    if once and data.cache == "memory":
        data = data.model_copy(update={"cache": "off"})
    if not whole and data.name in PLANNED:
        return PLANNED[data.name](data, planned_split)
    found = DATA_SETS[data.name](data)
    if data.cache != "disk":
        return found
    splits = {name: kept_on_disk(split, data.cache_folder) for name, split in found.splits.items()}
    return replace(found, splits=splits)
