"""Figures of segmentation, from a confusion matrix of pixels that one pass over a split fills."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

IGNORED = 255
"""Truth that is not counted: the border of an object, or what nobody annotated."""


@dataclass
class PixelConfusion:
    """Counts pixels by truth and prediction, image by image.

    Attributes:
        size: number C of classes, the background among them.
        undecided: whether predictions may be 255, "no class named"; such pixels are counted in a
            last column. They are misses of their true class, and no one's false alarm.
        counts: pixels by truth (row) and prediction (column), int64 (C, C), with `undecided`
            (C, C + 1).
    """

    size: int
    undecided: bool = False
    counts: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.counts = np.zeros((self.size, self.size + self.undecided), np.int64)

    def update(self, truth: np.ndarray, prediction: np.ndarray) -> None:
        """Count the pixels of one image, or of several.

        Args:
            truth: class of each pixel, 255 ignored, uint8 (...).
            prediction: class of each pixel, 255 undecided, uint8 (...).

        Raises:
            ValueError: the shapes differ, or a value is no class.
        """
        self.counts += pixel_confusion(truth, prediction, self.size, undecided=self.undecided)


def pixel_confusion(
    truth: np.ndarray, prediction: np.ndarray, size: int, *, undecided: bool = False
) -> np.ndarray:
    """Count the pixels of an image; see `PixelConfusion`.

    Args:
        truth: class of each pixel, 255 ignored, (...).
        prediction: class of each pixel, (...); what is predicted where the truth is ignored does
            not matter.
        size: number C of classes, the background among them.
        undecided: whether predictions may be 255.

    Returns:
        int64 (C, C), with `undecided` (C, C + 1).

    Raises:
        ValueError: the shapes differ, or a value is no class.
    """
    if truth.shape != prediction.shape:
        raise ValueError(f"truth is {truth.shape}, prediction {prediction.shape}")
    counted = truth != IGNORED
    rows, columns = truth[counted].astype(np.int64), prediction[counted].astype(np.int64)
    if undecided:
        columns = np.where(columns == IGNORED, size, columns)
    across = size + undecided
    for name, values, bound in (("truth", rows, size), ("prediction", columns, across)):
        strange = np.unique(values[(values < 0) | (values >= bound)])
        if len(strange):
            raise ValueError(f"{name} holds {strange.tolist()}; classes are 0 to {size - 1}")
    return np.bincount(rows * across + columns, minlength=size * across).reshape(size, across)


@dataclass(frozen=True)
class SegmentationFigures:
    """What a segmentation is worth; each share in [0, 1], NaN where nothing was to be counted.

    Attributes:
        miou: mean of `iou` over the classes that occur in truth or prediction.
        pixel_accuracy: share of the pixels that are right.
        iou: intersection over union of each class, (C,); NaN for a class that occurs nowhere.
        precision: share of what was called a class that is one, (C,); NaN where nothing was.
        recall: share of a class that was called one, (C,); NaN where truth has nothing of it.
    """

    miou: float
    pixel_accuracy: float
    iou: np.ndarray
    precision: np.ndarray
    recall: np.ndarray

    def named(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the figures as JSON holds them, null for NaN.

        Args:
            names: of the classes, C of them.
        """
        columns = {"iou": self.iou, "precision": self.precision, "recall": self.recall}
        return {
            "miou": _known(self.miou),
            "pixel_accuracy": _known(self.pixel_accuracy),
            "per_class": {
                name: {key: _known(values[index]) for key, values in columns.items()}
                for index, name in enumerate(names)
            },
        }


def segmentation_figures(confusion: np.ndarray) -> SegmentationFigures:
    """Compute every figure of a confusion matrix.

    `precision_c = n_cc / sum_j n_jc`, `recall_c = n_cc / sum_j n_cj`, `accuracy = sum_c n_cc / n`

    Args:
        confusion: pixels by truth (row) and prediction (column), (C, C), or (C, C + 1) with a
            last column of pixels for which no class was named.

    Returns:
        The figures; see `mean_intersection_over_union` for which classes the mean counts.
    """
    miou, iou = mean_intersection_over_union(confusion)
    both = np.diag(confusion).astype(float)
    return SegmentationFigures(
        miou=miou,
        pixel_accuracy=float(_shares(both.sum(), confusion.sum())),
        iou=iou,
        precision=_shares(both, confusion.sum(axis=0)[: len(both)]),
        recall=_shares(both, confusion.sum(axis=1)),
    )


def mean_intersection_over_union(confusion: np.ndarray) -> tuple[float, np.ndarray]:
    """Average over classes the overlap of prediction and truth (mIoU).

    `IoU_c = n_cc / (sum_j n_cj + sum_j n_jc - n_cc)`

    Args:
        confusion: pixels by truth (row) and prediction (column), (C, C), or (C, C + 1) with a
            last column of pixels for which no class was named.

    Returns:
        The mean over the classes that occur in truth or prediction (one that occurs in neither
        would be 0 / 0, and is left out; NaN where none occurs), and IoU of each class, (C,), NaN
        for one that does not occur.
    """
    both = np.diag(confusion).astype(float)
    either = confusion.sum(axis=0)[: len(both)] + confusion.sum(axis=1) - both
    per_class = _shares(both, either)
    return float(np.nanmean(per_class)) if (either > 0).any() else float("nan"), per_class


def _shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    part, whole = np.asarray(part, float), np.asarray(whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
