"""The signals of every image that could be annotated, from one or several networks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import Split
from gain_tf.data.pipeline import evaluation_batches
from gain_tf.metrics.annotation_signals import disagreement, off_consensus, staked
from gain_tf.models.erased import erased_scores
from gain_tf.models.gain import GAIN
from gain_tf.models.targets import any_target

Maps = dict[tuple[int, int], np.ndarray]
"""Attention (h, w) by image and class."""


@dataclass(frozen=True)
class Network:
    """A network that is asked.

    Attributes:
        model: trained.
        image_size: (height, width) it sees.
    """

    model: GAIN
    image_size: tuple[int, int]


def signals_of(
    networks: Sequence[Network],
    split: Split,
    guided: np.ndarray,
    candidates: np.ndarray,
    batch_size: int,
) -> tuple[dict[str, np.ndarray], Maps]:
    """Compute what speaks for annotating each candidate.

    Signals of an image with several classes are averaged over them.

    Args:
        networks: the one in question first; the others are asked where it looks alone. Where their
            maps differ in size, all are compared on the cells of the coarsest.
        split: its annotation is what there is already.
        guided: which classes of each image have an object, boolean (N, C).
        candidates: indices of the images that could be annotated.
        batch_size: images computed at a time.

    Returns:
        `off_consensus`, `disagreement` and `staked` of the candidates, and the first network's
        maps.

    Raises:
        FailedError: an image cannot be read.
    """
    pairs = [(int(i), int(c)) for i in candidates for c in np.flatnonzero(guided[i])]
    maps, erased, targets = _answers(networks[0], split, guided, batch_size)
    stacks = [np.stack([maps[pair] for pair in pairs])]
    for network in networks[1:]:
        others = _answers(network, split, guided, batch_size)[0]
        stacks.append(np.stack([others[pair] for pair in pairs]))
    classes = np.array([category for _, category in pairs])
    off = np.zeros(len(pairs))
    for category in np.unique(classes):
        own = classes == category
        known = [target for (_, c), target in targets.items() if c == category]
        consensus = np.mean(known if known else stacks[0][own], axis=0)
        off[own] = off_consensus(stacks[0][own], consensus)
    by_pair = {
        "off_consensus": off,
        "disagreement": disagreement(_on_one_grid(stacks)),
        "staked": staked(np.array([erased[pair] for pair in pairs])),
    }
    place = {int(image): number for number, image in enumerate(candidates)}
    rows = np.array([place[image] for image, _ in pairs])
    count = np.bincount(rows, minlength=len(candidates))
    means = {
        name: np.bincount(rows, values, minlength=len(candidates)) / count
        for name, values in by_pair.items()
    }
    return means, maps


def _on_one_grid(stacks: Sequence[np.ndarray]) -> np.ndarray:
    """Stack maps (P, h, w) of several networks, brought to the fewest rows and columns of any.

    What a coarse map cannot show is no disagreement. A map that was resized is divided by its
    maximum again: averaging takes off its peak.
    """
    rows, columns = np.min([stack.shape[1:] for stack in stacks], axis=0).tolist()

    def brought(maps: np.ndarray) -> np.ndarray:
        if maps.shape[1:] == (rows, columns):
            return maps
        layers = tf.image.resize(maps[..., np.newaxis], (rows, columns), antialias=True)
        resized = layers[..., 0].numpy()
        most = resized.max(axis=(1, 2), keepdims=True)
        return np.divide(resized, most, out=np.zeros_like(resized), where=most > 0)

    return np.stack([brought(maps) for maps in stacks])


def _answers(
    network: Network, split: Split, guided: np.ndarray, batch_size: int
) -> tuple[Maps, dict[tuple[int, int], float], Maps]:
    """Return by image and class: attention, score on the erased image, annotation on the grid."""
    model = network.model
    maps, erased, targets = {}, {}, {}
    bad_images = BadImages(None, limit=0)
    first = 0
    for example, labels in bad_images.watched(
        evaluation_batches(split, network.image_size, batch_size, bad_images)
    ):
        rows, classes = np.nonzero(guided[first : first + len(labels)])
        if len(rows):
            images = tf.gather(example["image"], rows)
            found = model.explain(images, tf.constant(classes[:, None], tf.int32))[1][:, 0]
            scores = erased_scores(
                model, model.guidance, model.images_of(images), found, tf.constant(classes)
            ).numpy()
            keys = [(first + int(row), int(c)) for row, c in zip(rows, classes, strict=True)]
            maps |= dict(zip(keys, found.numpy(), strict=True))
            erased |= dict(zip(keys, scores.tolist(), strict=True))
            target = any_target(example, rows, classes, (found.shape[1], found.shape[2]))
            values, carried = target.value.numpy(), target.carried.numpy()
            targets |= {keys[place]: values[place] for place in np.flatnonzero(carried)}
        first += len(labels)
    return maps, erased, targets
