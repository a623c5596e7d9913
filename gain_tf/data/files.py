"""Splits made of files: records of images and masks, read when needed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from gain_tf.data.dataset import UNKNOWN, Split
from gain_tf.data.decode import read_image, read_mask
from gain_tf.errors import UserError

MaskValues = Literal["auto", "binary", "index"]


class DataError(UserError):
    """A data set cannot be used; the message lists every problem, file by file."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class FileRecord:
    """One image on disk.

    Attributes:
        path: of the image.
        labels: names of its classes.
        split: `train`, `validation` or `test`.
        mask: path of its mask, if it has one.
        group: what the image belongs to.
        id: name of the image, unique in the data set.
    """

    path: Path
    labels: tuple[str, ...]
    split: str
    mask: Path | None
    group: str
    id: str


@dataclass
class FilePictures:
    """Pictures read from files, kept in memory where asked.

    Attributes:
        records: of the split.
        class_names: of the data set.
        mask_values: how masks are read: "binary" (above 127 is the image's class), "index"
            (class index + 1, 255 unknown), "auto" (binary where only 0 and 255 occur).
        cache: keep what was decoded.
    """

    records: Sequence[FileRecord]
    class_names: Sequence[str]
    mask_values: MaskValues = "auto"
    cache: bool = True
    _kept: dict[tuple[str, int], np.ndarray] = field(default_factory=dict, repr=False)

    def image(self, index: int) -> np.ndarray:
        """Return image `index`."""
        return self._keep("image", index, lambda: read_image(self.records[index].path))

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`: all unknown where there is none."""
        record = self.records[index]
        if record.mask is None:
            return np.full(self.image(index).shape[:2], UNKNOWN, np.uint8)
        return self._keep("mask", index, lambda: self._indexed(record))

    def _indexed(self, record: FileRecord) -> np.ndarray:
        mask = read_mask(record.mask or record.path)
        if not mask.any() or not is_binary(mask, self.mask_values):
            return mask
        own = self.class_names.index(record.labels[0]) + 1
        return np.where(mask > 127, own, 0).astype(np.uint8)

    def _keep(self, kind: str, index: int, read: Callable[[], np.ndarray]) -> np.ndarray:
        if (kind, index) in self._kept:
            return self._kept[kind, index]
        picture = read()
        if self.cache:
            self._kept[kind, index] = picture
        return picture


def is_binary(mask: np.ndarray, mask_values: MaskValues) -> bool:
    """Tell whether the values of a mask mean object or not, instead of classes."""
    if mask_values == "auto":
        return set(np.unique(mask)) <= {0, UNKNOWN}
    return mask_values == "binary"


def boxes_of_mask(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Box each connected piece of each class of a mask.

    Args:
        mask: uint8 (H, W), as in `Pictures.mask`.

    Returns:
        Boxes y0 x0 y1 x1 in [0, 1], float32 (n, 4), and their classes, int32 (n,).
    """
    height, width = mask.shape
    boxes, labels = [], []
    for value in np.unique(mask):
        if value in (0, UNKNOWN):
            continue
        pieces = cv2.connectedComponentsWithStats((mask == value).astype(np.uint8))[2][1:]
        for left, top, wide, high, _ in pieces:
            boxes.append([top / height, left / width, (top + high) / height, (left + wide) / width])
            labels.append(int(value) - 1)
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(labels, np.int32)


def splits_of(
    records: Sequence[FileRecord],
    class_names: Sequence[str],
    *,
    mask_values: MaskValues = "auto",
    cache: bool = True,
) -> Mapping[str, Split]:
    """Build the splits of records that were checked.

    Args:
        records: of all splits.
        class_names: of the data set.
        mask_values: see `FilePictures`.
        cache: keep decoded pictures in memory.

    Returns:
        Each split by its name, with a box for each connected piece of a mask.
    """
    return {
        name: _split([r for r in records if r.split == name], class_names, mask_values, cache)
        for name in ("train", "validation", "test")
        if any(record.split == name for record in records)
    }


def _split(
    records: Sequence[FileRecord],
    class_names: Sequence[str],
    mask_values: MaskValues,
    cache: bool,
) -> Split:
    pictures = FilePictures(records, class_names, mask_values, cache)
    count, classes = len(records), len(class_names)
    labels, shows = np.zeros((count, classes), np.float32), np.zeros((count, classes), bool)
    boxes = [np.zeros((0, 4), np.float32)] * count
    box_labels = [np.zeros(0, np.int32)] * count
    for index, record in enumerate(records):
        labels[index, [class_names.index(label) for label in record.labels]] = 1
        if record.mask is not None:
            mask = pictures.mask(index)
            shown = np.setdiff1d(np.unique(mask), [0, UNKNOWN]).astype(int) - 1
            shows[index, shown] = True
            boxes[index], box_labels[index] = boxes_of_mask(mask)
    return Split(
        ids=[record.id for record in records],
        labels=labels,
        pictures=pictures,
        mask_shows=shows,
        boxes=boxes,
        box_labels=box_labels,
        groups=[record.group for record in records],
    )
