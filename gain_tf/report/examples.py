"""The images that the report shows: chosen, explained by every row, the same for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.pipeline import resize_image
from gain_tf.evaluation.figures_of_merit import verdicts_of
from gain_tf.models.classifier import AttentiveClassifier


@dataclass(frozen=True)
class Shown:
    """An image of the sheet.

    Attributes:
        image: index in the split.
        category: the true class that the maps explain.
    """

    image: int
    category: int


@dataclass(frozen=True)
class Answer:
    """What one row says of an image that is shown.

    Attributes:
        attention: for the true class, (h, w) in [0, 1].
        verdict: name of the class, or what was made of the true one where there are several.
        score: of the verdict, in [0, 1].
        right: whether the verdict is.
    """

    attention: np.ndarray
    verdict: str
    score: float
    right: bool


def choose(split: Split, unguided_classes: Sequence[int], count: int) -> list[Shown]:
    """Choose images evenly over the classes that their annotation shows.

    Args:
        split: which is reported on.
        unguided_classes: indices of classes without an object to attend to.
        count: images wanted.

    Returns:
        At most `count` images, each once, class by class; always the same. Without any
        annotation, images are chosen by their labels.
    """
    shows = split.mask_shows | split.boxes_show
    if not shows.any():
        shows = split.labels > 0.5
    shows[:, list(unguided_classes)] = False
    # A fixed seed, so that two runs on the same data show the same images.
    random = np.random.default_rng(0)
    queues = [random.permutation(np.flatnonzero(column)).tolist() for column in shows.T]
    chosen: dict[int, int] = {}
    while len(chosen) < count and any(queues):
        for category, queue in enumerate(queues):
            while queue and queue[-1] in chosen:
                queue.pop()
            if queue and len(chosen) < count:
                chosen[queue.pop()] = category
    return sorted(
        (Shown(image, category) for image, category in chosen.items()),
        key=lambda shown: (shown.category, shown.image),
    )


def answers(
    models: Mapping[str, AttentiveClassifier],
    shown: Sequence[Shown],
    split: Split,
    data: DataSet,
    sizes: Mapping[str, tuple[int, int]],
    batch_size: int,
) -> dict[str, list[Answer]]:
    """Ask every row about the images that are shown.

    Args:
        models: by row.
        shown: the images and the class each is asked about.
        split: of the images.
        data: of the split.
        sizes: of the images, (height, width), by row.
        batch_size: images computed at a time.

    Returns:
        An answer an image, by row.
    """
    starts = range(0, len(shown), batch_size)
    batches = [shown[start : start + batch_size] for start in starts]
    found: dict[str, list[Answer]] = {name: [] for name in models}
    for batch in batches:
        pictures = [tf.constant(split.pictures.image(each.image)) for each in batch]
        asked = tf.constant([[each.category] for each in batch])
        for name, model in models.items():
            images = tf.stack([resize_image(picture, sizes[name]) for picture in pictures])
            scores, maps = model.explain(images, asked)
            found[name] += [
                _answer(each, s, m[0], split.labels[each.image], data)
                for each, s, m in zip(batch, scores.numpy(), maps.numpy(), strict=True)
            ]
    return found


def _answer(
    shown: Shown, scores: np.ndarray, attention: np.ndarray, labels: np.ndarray, data: DataSet
) -> Answer:
    verdict = verdicts_of(scores[None], data.single_label)[0]
    if data.single_label:
        said = int(verdict.argmax())
        return Answer(attention, data.class_names[said], float(scores[said]), bool(labels[said]))
    found = bool(verdict[shown.category])
    name = data.class_names[shown.category]
    return Answer(attention, name if found else f"no {name}", float(scores[shown.category]), found)
