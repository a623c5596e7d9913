"""What a model answers on a split, and what its maps are worth, whatever computed them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from gain_tf.data.dataset import UNKNOWN, DataSet, Split
from gain_tf.metrics import (
    cue_confusion,
    energy_in_mask,
    intersection_over_union,
    pointing_game,
)
from gain_tf.metrics.attention import enlarge

THRESHOLDS = np.round(np.arange(0.05, 1.0, 0.05), 2)
"""Of the sweep of intersection over union."""


@dataclass(frozen=True)
class MapFigures:
    """What one map of a class in an annotated image is worth.

    Attributes:
        image: index of the image in the split.
        category: the class.
        energy: share of the attention on the object, in [0, 1].
        area: share of the image that the object takes, in [0, 1].
        pointing: whether the strongest point hits the object.
        iou: intersection over union at each of `THRESHOLDS`.
        zero: whether the map is zero everywhere.
    """

    image: int
    category: int
    energy: float
    area: float
    pointing: bool
    iou: np.ndarray
    zero: bool


@dataclass(frozen=True)
class Predictions:
    """A model's answers on a split.

    Attributes:
        ids: of the images.
        groups: of the images.
        labels: multi-hot, (N, C).
        scores: probabilities, (N, C).
        maps: figures of each class that an image's mask shows against something else.
        confusion: pixels of the cues by truth and cue, background first, (C + 1, C + 1).
    """

    ids: Sequence[str]
    groups: Sequence[str]
    labels: np.ndarray
    scores: np.ndarray
    maps: Sequence[MapFigures]
    confusion: np.ndarray


@dataclass
class Judge:
    """Judges the maps of a split, image by image.

    Attributes:
        data: the data set of the split.
        split: annotated as far as it is.
        maps: what was judged so far.
    """

    data: DataSet
    split: Split
    maps: list[MapFigures] = field(default_factory=list)

    def __post_init__(self) -> None:
        size = len(self.data.class_names) + 1
        self._confusion = np.zeros((size, size), np.int64)

    def judge(self, index: int, maps: Iterable[tuple[int, np.ndarray]], mask: np.ndarray) -> None:
        """Judge the maps of one image against its mask.

        Args:
            index: of the image in the split.
            maps: each class asked about with its attention, (h, w) in [0, 1].
            mask: uint8 (H, W), as in `Pictures.mask`.
        """
        shown = [
            (category, enlarge(attention, *mask.shape))
            for category, attention in maps
            if category not in self.data.unguided_classes
        ]
        self.maps += [
            _judged(index, category, attention, mask)
            for category, attention in shown
            if self.split.mask_shows[index, category] and _tells_apart(mask, category)
        ]
        if shown:
            categories, stack = zip(*shown, strict=True)
            self._confusion += cue_confusion(
                np.stack(stack), categories, mask, len(self._confusion)
            )

    def predictions(self, scores: np.ndarray) -> Predictions:
        """Return the split's predictions.

        Args:
            scores: of every image, (N, C).
        """
        return Predictions(
            ids=self.split.ids,
            groups=self.split.groups or self.split.ids,
            labels=self.split.labels,
            scores=scores,
            maps=self.maps,
            confusion=self._confusion,
        )


def _tells_apart(mask: np.ndarray, category: int) -> bool:
    """Tell whether a mask shows the object, and knows of something besides it.

    Where all the rest is unknown, every map would be right everywhere; an object so thin that the
    mask lost it where it was made smaller, none could find.
    """
    inside = mask == category + 1
    return bool(inside.any() and (~inside & (mask != UNKNOWN)).any())


def _judged(image: int, category: int, attention: np.ndarray, mask: np.ndarray) -> MapFigures:
    known = mask != UNKNOWN
    zero = bool(attention.max() <= 0)
    attention = np.where(known, attention, 0)
    inside = mask == category + 1
    return MapFigures(
        image=image,
        category=category,
        energy=energy_in_mask(attention, inside),
        area=float(inside.sum() / max(known.sum(), 1)),
        pointing=pointing_game(attention, inside),
        iou=intersection_over_union(attention, inside, THRESHOLDS.tolist()),
        zero=zero,
    )
