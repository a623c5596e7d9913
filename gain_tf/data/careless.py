"""Annotation as hurried people make it: boxes that miss the edge, masks too small or too large."""

from dataclasses import replace

import cv2
import numpy as np

from gain_tf.data.changed_masks import ChangedMasks
from gain_tf.data.dataset import UNKNOWN, Pictures, Split

SMALLEST = 1e-3
"""Side that a box keeps, as a share of the image."""


def careless(split: Split, noise: float, seed: int) -> Split:
    """Move the edges of every annotation.

    Each edge of a box moves by up to `noise` times the box's side, in or out. A mask grows or
    shrinks, at random, by `noise` times the diameter of a disc of its area; an object that would
    vanish stays.

    Args:
        split: annotated.
        noise: in [0, 1].
        seed: of the edges.

    Returns:
        The split, annotated as before in number and class.
    """
    random = np.random.default_rng([seed, 3])
    grows = random.random(len(split)) < 0.5
    boxes = [_jittered(own, noise, random) for own in split.boxes]

    def change(pictures: Pictures, index: int) -> np.ndarray:
        return _resized(pictures.mask(index), noise, grow=bool(grows[index]))

    return replace(split, pictures=ChangedMasks(split.pictures, change), boxes=boxes)


def _jittered(boxes: np.ndarray, noise: float, random: np.random.Generator) -> np.ndarray:
    size = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    moved = np.clip(boxes + noise * size * random.uniform(-1, 1, boxes.shape), 0, 1)
    low = np.minimum(moved[:, :2], moved[:, 2:])
    high = np.maximum(moved[:, :2], moved[:, 2:])
    low = np.minimum(low, 1 - SMALLEST)
    return np.concatenate([low, np.maximum(high, low + SMALLEST)], axis=1).astype(np.float32)


def _resized(mask: np.ndarray, noise: float, *, grow: bool) -> np.ndarray:
    changed = mask.copy()
    ground = 0 if (mask == 0).any() else UNKNOWN
    for value in np.unique(mask[(mask > 0) & (mask != UNKNOWN)]):
        inside = (mask == value).astype(np.uint8)
        radius = round(noise * float(np.sqrt(4 * inside.sum() / np.pi)))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        if grow:
            changed[(cv2.dilate(inside, kernel) > 0) & (mask == ground)] = value
            continue
        left = cv2.erode(inside, kernel)
        if left.any():
            changed[(inside > 0) & (left == 0)] = ground
    return changed
