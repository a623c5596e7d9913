"""What a data set is: classes, and splits with one entry an image in each column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

UNKNOWN = 255
"""Mask value of a pixel whose class nobody annotated."""


class Pictures(Protocol):
    """Where the pixels of a split come from."""

    def image(self, index: int) -> np.ndarray:
        """Return image `index`: uint8 RGB (H, W, 3)."""
        ...

    def mask(self, index: int) -> np.ndarray:
        """Return its mask: uint8 (H, W), class index + 1, 0 background, 255 unknown."""
        ...


class Saliency(Protocol):
    """The foreground prior S of Eq. 9, map by map."""

    def map(self, index: int) -> np.ndarray:
        """Return the map of image `index`: float32 (h, w), in [0, 1]; zeros where it has none."""
        ...


@dataclass(frozen=True)
class ArrayPictures:
    """Pictures held in memory.

    Attributes:
        images: uint8 (N, H, W, 3).
        masks: uint8 (N, H, W), as in `Pictures.mask`.
    """

    images: np.ndarray
    masks: np.ndarray

    def image(self, index: int) -> np.ndarray:
        """Return image `index`."""
        return self.images[index]

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`."""
        return self.masks[index]


@dataclass(frozen=True)
class Split:
    """One part of a data set.

    Attributes:
        ids: name of each image, unique.
        labels: multi-hot, float32 (N, C).
        pictures: the pixels.
        mask_shows: which classes the mask of each image shows, boolean (N, C); no class at all
            for an image without a mask. Where an image has a class that its mask does not show,
            a mask guides the classes it shows and says nothing of the others: what it calls
            background may be one of those. Masks of a folder call that unknown; VOC's are left as
            they were published.
        boxes: y0 x0 y1 x1 in [0, 1] of each image, float32 (n, 4).
        box_labels: class of each box, int32 (n,).
        groups: what belongs together (frames of one object), for honest intervals; None where
            every image stands for itself.
        box_flags: whether what is in each box is difficult to recognise, and whether it is
            truncated, boolean (n, 2); None where nothing is known of that.
        saliency: the foreground prior of the images with boxes; None where there is none.
    """

    ids: Sequence[str]
    labels: np.ndarray
    pictures: Pictures
    mask_shows: np.ndarray
    boxes: Sequence[np.ndarray]
    box_labels: Sequence[np.ndarray]
    groups: Sequence[str] | None = None
    box_flags: Sequence[np.ndarray] | None = None
    saliency: Saliency | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def has_mask(self) -> np.ndarray:
        """Which images have a mask that shows something, boolean (N,)."""
        return np.asarray(self.mask_shows.any(axis=1))

    @property
    def boxes_show(self) -> np.ndarray:
        """Which classes the boxes of each image show, boolean (N, C)."""
        shown = np.zeros_like(self.mask_shows)
        for index, labels in enumerate(self.box_labels):
            shown[index, labels] = True
        return shown

    @property
    def has_boxes(self) -> np.ndarray:
        """Which images have a box, boolean (N,)."""
        return np.array([len(labels) > 0 for labels in self.box_labels], bool)

    def without_object(self, unguided_classes: Sequence[int]) -> np.ndarray:
        """Tell which images have no class but those that are no objects, boolean (N,)."""
        guided = np.delete(self.labels, list(unguided_classes), axis=1)
        return np.asarray((guided <= 0).all(axis=1))


@dataclass(frozen=True)
class DataSet:
    """Images with labels, some with masks or boxes.

    Attributes:
        name: of the data set.
        class_names: in the order of the labels' columns.
        splits: `train`, `validation`, where there is one `test`, and others that can be asked
            for by name.
        single_label: whether every image has exactly one label.
        unguided_classes: indices of classes without an object to attend to.
        about: source, licence, known bias: what a user must know, by heading.
    """

    name: str
    class_names: Sequence[str]
    splits: Mapping[str, Split]
    single_label: bool
    unguided_classes: Sequence[int] = ()
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def evaluated(self) -> str:
        """The split that results are reported on: `test` where there is one."""
        return "test" if "test" in self.splits else "validation"

    @property
    def also_evaluated(self) -> Sequence[str]:
        """The other test splits: those that training, validation and `evaluated` leave."""
        used = ("train", "validation", self.evaluated)
        return [name for name in self.splits if name not in used]
