"""Pictures that are files: read when they are needed, checked again where they changed."""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from gain_tf.data.dataset import UNKNOWN
from gain_tf.data.decode import UnreadableImageError, picture_problem, read_image, read_mask
from gain_tf.data.objects import AnnotatedObject, Annotation
from gain_tf.data.rasterise import mask_of, region_of, regions_of, rest_unknown

MaskValues = Literal["auto", "binary", "index"]


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
        class_masks: classes with a mask of their own, and its path.
        annotation: what an annotation file says of the image; a mask that is a file goes before
            its outlines.
    """

    path: Path
    labels: tuple[str, ...]
    split: str
    mask: Path | None
    group: str
    id: str
    class_masks: tuple[tuple[str, Path], ...] = ()
    annotation: Annotation | None = None

    @property
    def objects(self) -> tuple[AnnotatedObject, ...]:
        """What the annotation file shows."""
        return self.annotation.objects if self.annotation else ()

    @property
    def shows_pixels(self) -> bool:
        """Whether a mask can be made of what there is."""
        return bool(self.masks) or any(each.outline and not each.crowd for each in self.objects)

    @property
    def masks(self) -> tuple[Path, ...]:
        """Every mask that is a file."""
        return (*([self.mask] if self.mask else ()), *(path for _, path in self.class_masks))


@dataclass
class FilePictures:
    """Pictures read from files, kept in memory where asked.

    The files were checked byte by byte. One that changed since then is checked again when it is
    read: OpenCV makes a grey area of what is cut off, and says nothing.

    A mask that shows only some of its image's classes calls the rest unknown, not background.

    Attributes:
        records: of the split.
        class_names: of the data set.
        mask_values: how masks are read: "binary" (above 127 is the image's class), "index"
            (class index + 1, 255 unknown), "auto" (binary where only 0 and 255 occur).
        cache: keep what was decoded.
        unguided_classes: names of classes that no mask shows.
    """

    records: Sequence[FileRecord]
    class_names: Sequence[str]
    mask_values: MaskValues = "auto"
    cache: bool = True
    unguided_classes: Collection[str] = ()
    _kept: dict[tuple[str, int], np.ndarray] = field(default_factory=dict, repr=False)
    _checked: Sequence[tuple[int, int] | None] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._checked = [_state(record.path) for record in self.records]

    def image(self, index: int) -> np.ndarray:
        """Return image `index`.

        Raises:
            UnreadableImageError: the file is not what it was, and broken.
        """
        return self._keep("image", index, lambda: self._image(index))

    def key(self, index: int) -> str:
        """Return path, time and size of the file as it was checked."""
        return f"{os.path.abspath(self.records[index].path)} {self._checked[index]}"

    def _image(self, index: int) -> np.ndarray:
        path = self.records[index].path
        if _state(path) != self._checked[index] and (problem := picture_problem(path)):
            raise UnreadableImageError(f"{path}: {problem}")
        return read_image(path)

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`: all unknown where there is none."""
        if not self.records[index].shows_pixels:
            return np.full(self.size(index), UNKNOWN, np.uint8)
        return self._keep("mask", index, lambda: self._mask(index))

    def _mask(self, index: int) -> np.ndarray:
        record = self.records[index]
        if record.mask is not None:
            mask = self._indexed(record.mask, record.labels)
            values = np.setdiff1d(mask, [0, UNKNOWN])
            shown = [self.class_names[int(value) - 1] for value in values]
            return self._with_rest(mask, record, shown or record.labels)
        if record.class_masks:
            shown = {name for name, _ in record.class_masks}
            return self._with_rest(self._of_classes(record), record, shown)
        size = self.size(index)
        shown = {each.category for each in record.objects if each.located}
        mask = mask_of(regions_of(record.objects, size, self.class_names), size)
        return self._with_rest(mask, record, shown)

    def _indexed(self, path: Path, labels: Sequence[str]) -> np.ndarray:
        mask = read_mask(path, levels=self.mask_values == "binary")
        if not mask.any() or not is_binary(mask, self.mask_values):
            return mask
        own = self.class_names.index(labels[0]) + 1
        return np.where(mask > 127, own, 0).astype(np.uint8)

    def _of_classes(self, record: FileRecord) -> np.ndarray:
        regions, size = [], (0, 0)
        for name, path in record.class_masks:
            mask = read_mask(path, levels=True)
            size = mask.shape
            regions.append(region_of(self.class_names.index(name) + 1, mask > mask.max() / 2))
        return mask_of(regions, size)

    def _with_rest(
        self, mask: np.ndarray, record: FileRecord, shown: Collection[str]
    ) -> np.ndarray:
        return rest_unknown(mask, record.labels, {*shown, *self.unguided_classes})

    def size(self, index: int) -> tuple[int, int]:
        """Return height and width of image `index`."""
        annotation = self.records[index].annotation
        # The checks compared it to the image, which need not be decoded for it.
        if annotation is not None and annotation.size is not None:
            return annotation.size
        height, width = self.image(index).shape[:2]
        return height, width

    def _keep(self, kind: str, index: int, read: Callable[[], np.ndarray]) -> np.ndarray:
        if (kind, index) in self._kept:
            return self._kept[kind, index]
        picture = read()
        if self.cache:
            self._kept[kind, index] = picture
        return picture


def _state(path: Path) -> tuple[int, int] | None:
    """Return time of change and size of a file; None where it cannot be reached."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def is_binary(mask: np.ndarray, mask_values: MaskValues) -> bool:
    """Tell whether the values of a mask mean object or not, instead of classes."""
    if mask_values == "auto":
        return set(np.unique(mask)) <= {0, UNKNOWN}
    return mask_values == "binary"
