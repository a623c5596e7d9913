"""Splits made of files: records of images and masks, checked together, read when needed."""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from gain_tf.data.dataset import UNKNOWN, Split
from gain_tf.data.decode import UnreadableImageError, picture_problem, read_image, read_mask
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
        if not _is_binary(mask, self.mask_values):
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


def _is_binary(mask: np.ndarray, mask_values: MaskValues) -> bool:
    if mask_values == "auto":
        return set(np.unique(mask)) <= {0, UNKNOWN}
    return mask_values == "binary"


def file_problems(
    records: Sequence[FileRecord], class_names: Sequence[str], mask_values: MaskValues
) -> list[str]:
    """Check every file of a data set.

    Args:
        records: of all splits.
        class_names: of the data set.
        mask_values: see `FilePictures`.

    Returns:
        A sentence for each problem, in the order of the records: images and masks that cannot be
        decoded, masks of another size or with values that mean nothing, labels that are no
        class, identifiers that occur twice, classes without an image in training.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        checked = pool.map(lambda r: _record_problems(r, class_names, mask_values), records)
        problems = [problem for found in checked for problem in found]
    for name, count in Counter(record.id for record in records).items():
        if count > 1:
            paths = ", ".join(str(record.path) for record in records if record.id == name)
            problems.append(f"{name}: {count} images have this name: {paths}")
    trained = Counter(
        label for record in records if record.split == "train" for label in record.labels
    )
    problems += [
        f"class {name!r} has no image in the train split"
        for name in class_names
        if not trained[name]
    ]
    return problems


def _record_problems(
    record: FileRecord, class_names: Sequence[str], mask_values: MaskValues
) -> list[str]:
    problems = [
        f"{record.path}: unknown label {label!r}; known are {', '.join(class_names)}"
        for label in record.labels
        if label not in class_names
    ]
    problem = picture_problem(record.path)
    if problem is None and record.mask is not None:
        problem_of_mask = _mask_problem(record, class_names, mask_values)
        return [*problems, *([problem_of_mask] if problem_of_mask else [])]
    return [*problems, *([f"{record.path}: {problem}"] if problem else [])]


def _mask_problem(
    record: FileRecord, class_names: Sequence[str], mask_values: MaskValues
) -> str | None:
    try:
        mask = read_mask(record.mask or record.path)
        size = read_image(record.path).shape[:2]
    except UnreadableImageError as error:
        return str(error)
    if mask.shape != size:
        return (
            f"{record.mask}: is {mask.shape[1]} x {mask.shape[0]}, its image {record.path.name} "
            f"is {size[1]} x {size[0]}"
        )
    if _is_binary(mask, mask_values):
        if len(record.labels) != 1:
            return (
                f"{record.mask}: a mask of 0 and 255 does not say which of the classes "
                f"{', '.join(record.labels) or '(none)'} it shows; use class index + 1"
            )
        return None
    strange = set(np.unique(mask).tolist()) - {*range(len(class_names) + 1), UNKNOWN}
    if strange:
        return (
            f"{record.mask}: values {', '.join(map(str, sorted(strange)))} are no class; "
            f"0 is background, 1 to {len(class_names)} the classes, {UNKNOWN} unknown"
        )
    return None


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
            boxes.append(
                [top / height, left / width, (top + high) / height, (left + wide) / width]
            )
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
