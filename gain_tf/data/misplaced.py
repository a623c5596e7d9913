"""Controls: the same amount of annotation, in the wrong place.

A guided network that gains as much from these as from the truth has gained from something else
than the annotation's information: from its regularising, say.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np

from gain_tf.data.changed_masks import ChangedMasks
from gain_tf.data.dataset import UNKNOWN, Pictures, Split


def rolled(split: Split, seed: int) -> Split:
    """Move every annotation to a random place: masks around the edges, boxes within them.

    Args:
        split: annotated.
        seed: of the places.
    """
    random = np.random.default_rng([seed, 2])
    offsets = random.uniform(size=(len(split), 2))

    def roll(pictures: Pictures, index: int) -> np.ndarray:
        mask = pictures.mask(index)
        shift = np.round(offsets[index] * mask.shape).astype(int)
        return np.roll(mask, shift, axis=(0, 1))

    boxes = [_placed(own, random.uniform(size=(len(own), 2))) for own in split.boxes]
    return replace(split, pictures=ChangedMasks(split.pictures, roll), boxes=boxes)


def centred(split: Split, seed: int) -> Split:
    """Move every annotation to the middle: who photographs a part mostly holds it there.

    A mask becomes an ellipse in the image's proportions with as many pixels of each class, a box
    keeps its size.

    Args:
        split: annotated.
        seed: not needed; nothing is drawn.
    """
    del seed
    boxes = [_placed(own, np.full((len(own), 2), 0.5)) for own in split.boxes]
    return replace(split, pictures=ChangedMasks(split.pictures, _ellipses), boxes=boxes)


def shuffled(split: Split, seed: int) -> Split:
    """Give every annotated image the annotation of another one, under its own class names.

    Args:
        split: annotated.
        seed: of who gets whose.

    Returns:
        The split; an image that is the only one annotated keeps what it has.
    """
    random = np.random.default_rng([seed, 4])
    giver = np.arange(len(split))
    for annotated in (split.has_mask, split.has_boxes):
        members = random.permutation(np.flatnonzero(annotated))
        giver[members] = np.roll(members, 1)
    shows = np.zeros_like(split.mask_shows)
    for index in np.flatnonzero(split.has_mask):
        names = _renamed(split.mask_shows[giver[index]], split.mask_shows[index])
        shows[index, list(names.values())] = True

    def of_another(pictures: Pictures, index: int) -> np.ndarray:
        if not split.mask_shows[index].any():
            return pictures.mask(index)
        size = pictures.image(index).shape[:2]
        names = _renamed(split.mask_shows[giver[index]], split.mask_shows[index])
        whole = not (split.labels[index].astype(bool) & ~shows[index]).any()
        return _under_names(pictures.mask(int(giver[index])), size, names, whole=whole)

    return replace(
        split,
        pictures=ChangedMasks(split.pictures, of_another),
        mask_shows=shows,
        boxes=[split.boxes[index] for index in giver.tolist()],
        box_labels=[
            np.resize(own, len(split.boxes[index])) if len(own) else own
            for own, index in zip(split.box_labels, giver.tolist(), strict=True)
        ],
        box_flags=None
        if split.box_flags is None
        else [split.box_flags[index] for index in giver.tolist()],
    )


PLACEMENTS: Mapping[str, Callable[[Split, int], Split]] = {
    "rolled": rolled,
    "shuffled": shuffled,
    "centre": centred,
}
"""What `data.budget.placement` may be besides `true`."""


def _placed(boxes: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Move boxes: `share` of the room that each leaves lies before it."""
    size = boxes[:, 2:] - boxes[:, :2]
    corner = share * (1 - size)
    return np.concatenate([corner, corner + size], axis=1).astype(np.float32)


def _ellipses(pictures: Pictures, index: int) -> np.ndarray:
    mask = pictures.mask(index)
    height, width = mask.shape
    drawn = np.full_like(mask, _ground(mask))
    classes, counts = np.unique(mask[(mask > 0) & (mask != UNKNOWN)], return_counts=True)
    centre = (width - 1) / 2, (height - 1) / 2
    # The largest first, so that none hides a smaller one.
    for place in np.argsort(-counts):
        scale = np.sqrt(counts[place] * 4 / (np.pi * height * width))
        box = (centre, (width * scale, height * scale), 0.0)
        cv2.ellipse(drawn, box, int(classes[place]), -1)
    return drawn


def _ground(mask: np.ndarray) -> int:
    """Return what a mask says where there is no object: background, or unknown."""
    return 0 if (mask == 0).any() else UNKNOWN


def _renamed(theirs: np.ndarray, own: np.ndarray) -> dict[int, int]:
    """Match the classes of one mask to those of another, in turn."""
    names = np.flatnonzero(own)
    return {
        int(each): int(names[place % len(names)])
        for place, each in enumerate(np.flatnonzero(theirs))
    }


def _under_names(
    mask: np.ndarray, size: Sequence[int], names: Mapping[int, int], *, whole: bool
) -> np.ndarray:
    table = np.full(256, UNKNOWN, np.uint8)
    table[0] = 0 if whole else UNKNOWN
    for theirs, own in names.items():
        table[theirs + 1] = own + 1
    renamed = table[mask]
    return cv2.resize(renamed, (size[1], size[0]), interpolation=cv2.INTER_NEAREST)
