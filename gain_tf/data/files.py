"""Splits made of files: labels, masks and boxes of what was listed and checked."""

from collections.abc import Collection, Mapping, Sequence

import cv2
import numpy as np

from gain_tf.data.dataset import UNKNOWN, Split
from gain_tf.data.file_pictures import FilePictures, FileRecord, MaskValues
from gain_tf.data.names import on_one_line
from gain_tf.data.progress import tracked
from gain_tf.data.rasterise import boxed, boxes_of
from gain_tf.errors import UserError


class DataError(UserError):
    """A data set cannot be used; the message lists every problem, file by file, a line each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = [on_one_line(problem) for problem in problems]
        super().__init__("\n".join(self.problems))

    def __reduce__(self) -> tuple[type["DataError"], tuple[list[str]]]:
        """Tell other processes the problems, not the message."""
        return DataError, (self.problems,)


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
    unguided_classes: Collection[str] = (),
) -> Mapping[str, Split]:
    """Build the splits of records that were checked.

    Args:
        records: of all splits.
        class_names: of the data set.
        mask_values: see `FilePictures`.
        cache: keep decoded pictures in memory.
        unguided_classes: see `FilePictures`.

    Returns:
        Each split by its name; boxes are those of the annotation file, or one for each connected
        piece of a mask where there is none.
    """
    parts = {
        name: [record for record in records if record.split == name]
        for name in ("train", "validation", "test")
    }
    return {
        name: _split(FilePictures(own, class_names, mask_values, cache, unguided_classes))
        for name, own in parts.items()
        if own
    }


def _split(pictures: FilePictures) -> Split:
    records, class_names = pictures.records, pictures.class_names
    shape = len(records), len(class_names)
    labels, shows = np.zeros(shape, np.float32), np.zeros(shape, bool)
    columns = []
    for index, record in enumerate(tracked(records, "reading annotation")):
        labels[index, [class_names.index(label) for label in record.labels]] = 1
        boxes = boxes_of_mask(np.zeros((1, 1), np.uint8))
        if record.shows_pixels:
            mask = pictures.mask(index)
            shown = np.setdiff1d(np.unique(mask), [0, UNKNOWN]).astype(int) - 1
            shows[index, shown] = True
            boxes = boxes_of_mask(mask)
        own = boxed(record.objects)
        if own:
            boxes = boxes_of(own, pictures.size(index), class_names)
        flags = np.array([(each.difficult, each.truncated) for each in own], bool).reshape(-1, 2)
        columns.append((*boxes, flags if own else np.zeros((len(boxes[1]), 2), bool)))
    return Split(
        ids=[record.id for record in records],
        labels=labels,
        pictures=pictures,
        mask_shows=shows,
        boxes=[boxes for boxes, _, _ in columns],
        box_labels=[own for _, own, _ in columns],
        groups=[record.group for record in records],
        box_flags=[flags for _, _, flags in columns],
    )
