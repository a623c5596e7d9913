"""A model on a split: scores of every image, figures of every map."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from gain_tf.data.dataset import UNKNOWN, DataSet, Split
from gain_tf.data.pipeline import evaluation_batches
from gain_tf.metrics import (
    cue_confusion,
    energy_in_mask,
    intersection_over_union,
    pointing_game,
)
from gain_tf.metrics.attention import enlarge
from gain_tf.models.classifier import AttentiveClassifier

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
        maps: figures of each class that an image's mask shows.
        confusion: pixels of the cues by truth and cue, background first, (C + 1, C + 1).
    """

    ids: Sequence[str]
    groups: Sequence[str]
    labels: np.ndarray
    scores: np.ndarray
    maps: Sequence[MapFigures]
    confusion: np.ndarray


def predict_split(
    model: AttentiveClassifier,
    data: DataSet,
    split: Split,
    image_size: tuple[int, int],
    batch_size: int,
    *,
    attention: bool = True,
) -> Predictions:
    """Run a model over a split.

    Args:
        model: to be judged.
        data: the data set of the split.
        split: annotated as far as it is; nothing of it reaches the model but the images.
        image_size: (height, width) the model sees.
        batch_size: images computed at a time.
        attention: whether maps are judged as well.

    Returns:
        Scores of every image, and figures of the map of each class that a mask shows.
    """
    size = len(data.class_names) + 1
    most = max(int(split.labels.sum(axis=1).max()), 1)
    scores, figures = [], []
    confusion = np.zeros((size, size), np.int64)
    for example, labels in evaluation_batches(split, image_size, batch_size):
        first = sum(len(part) for part in scores)
        # The image's own classes first; what fills up is asked about but not judged.
        classes = tf.math.top_k(labels, k=most).indices
        batch_scores, maps = model.explain(example["image"], classes)
        scores.append(batch_scores.numpy())
        if not attention:
            continue
        for offset in np.flatnonzero(example["has_mask"].numpy()):
            index = first + int(offset)
            own = int(split.labels[index].sum())
            shown = [
                (int(c), enlarge(m, *image_size))
                for c, m in zip(
                    classes[offset, :own].numpy(), maps[offset, :own].numpy(), strict=True
                )
            ]
            mask = example["mask"][offset].numpy()
            figures += [
                _judged(index, c, m, mask)
                for c, m in shown
                if split.mask_shows[index, c] and c not in data.unguided_classes
            ]
            guided = [(c, m) for c, m in shown if c not in data.unguided_classes]
            if guided:
                categories, stack = zip(*guided, strict=True)
                confusion += cue_confusion(np.stack(stack), categories, mask, size)
    return Predictions(
        ids=split.ids,
        groups=split.groups or split.ids,
        labels=split.labels,
        scores=np.concatenate(scores),
        maps=figures,
        confusion=confusion,
    )


def _judged(image: int, category: int, attention: np.ndarray, mask: np.ndarray) -> MapFigures:
    known = mask != UNKNOWN
    attention = np.where(known, attention, 0)
    inside = mask == category + 1
    return MapFigures(
        image=image,
        category=category,
        energy=energy_in_mask(attention, inside),
        area=float(inside.sum() / max(known.sum(), 1)),
        pointing=pointing_game(attention, inside),
        iou=intersection_over_union(attention, inside, THRESHOLDS.tolist()),
        zero=bool(attention.max() <= 0),
    )
