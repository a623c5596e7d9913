"""What the rendered data sets share: from scenes to splits."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from gain_tf.config import Data
from gain_tf.data.dataset import UNKNOWN, ArrayPictures, Split
from gain_tf.data.files import DataError
from gain_tf.data.rendered_ahead import rendered_ahead
from gain_tf.data.rendered_pictures import (
    JoinedBoxes,
    JoinedPictures,
    PlannedBoxes,
    PlannedPictures,
    boxes_of,
)
from gain_tf.data.synthetic.picture import MANY, LocatedScene, PlannedScene, Scene, render_all

_SEEDS_APART = 1000


MakeSplit = Callable[[str, Sequence[Any], int, int], Split]
"""`rendered_split` or `planned_split`."""


def square_side(data: Data) -> int:
    """Return the side of the images in pixels.

    Raises:
        DataError: `data.image_size` is not square.
    """
    height, width = data.image_size
    if height != width:
        raise DataError([f"data.image_size: {data.name} images are square, not {height} x {width}"])
    return height


def seeds_of(seed: int, splits: Sequence[str]) -> Mapping[str, int]:
    """Return a seed for each split; no two splits of any two data set seeds share one.

    Args:
        seed: of the data set.
        splits: their names; at most 1,000.
    """
    return {name: seed * _SEEDS_APART + number for number, name in enumerate(splits)}


def rendered_split(name: str, scenes: Sequence[Scene], size: int, classes: int) -> Split:
    """Render a split.

    An image has the label of everything that is boxed in it.

    Args:
        name: start of every id.
        scenes: the images.
        size: of an image along its longer side, pixels.
        classes: number of classes.

    Returns:
        The split, with the mask of every image that shows something, and all boxes.
    """
    pictures = render_all(scenes, size)
    labels = np.zeros((len(pictures), classes), np.float32)
    shows = np.zeros((len(pictures), classes), bool)
    for index, picture in enumerate(pictures):
        labels[index, [label for _, label in picture.boxes]] = 1
        shown = np.setdiff1d(picture.mask, [0, UNKNOWN]).astype(int) - 1
        shows[index, shown] = True
    return Split(
        ids=_ids(name, len(pictures)),
        labels=labels,
        pictures=ArrayPictures(
            np.stack([picture.image for picture in pictures]),
            np.stack([picture.mask for picture in pictures]),
        ),
        mask_shows=shows,
        boxes=[boxes_of(picture) for picture in pictures],
        box_labels=[
            np.array([label for _, label in picture.boxes], np.int32) for picture in pictures
        ],
    )


def planned_split(name: str, scenes: Sequence[PlannedScene], size: int, classes: int) -> Split:
    """Describe the split that `rendered_split` makes, and render what is looked at.

    Args:
        name: start of every id.
        scenes: the images.
        size: of an image along its longer side, pixels.
        classes: number of classes.

    Returns:
        The same split; pictures and boxes are rendered when they are asked for.
    """
    box_labels = [np.array(scene.box_labels, np.int32) for scene in scenes]
    labels = np.zeros((len(scenes), classes), np.float32)
    for index, own in enumerate(box_labels):
        labels[index, own] = 1
    pictures = PlannedPictures(scenes, size)
    return Split(
        ids=_ids(name, len(scenes)),
        labels=labels,
        pictures=pictures,
        mask_shows=labels > 0,
        boxes=PlannedBoxes(pictures),
        box_labels=box_labels,
    )


def located_splits(
    scenes: Mapping[str, tuple[str, Sequence[LocatedScene]]], size: int, classes: int
) -> dict[str, Split]:
    """Describe the splits that `rendered_split` makes, and begin to render them.

    Args:
        scenes: of each split, and the start of its ids.
        size: side of an image, pixels.
        classes: number of classes.

    Returns:
        The same splits. Where there is much to render their pictures are ready to be asked for
        long before all of them are rendered.
    """
    ahead = None
    if sum(len(own) for _, own in scenes.values()) >= MANY:
        # Without room for temporary files they are rendered into memory.
        with suppress(OSError):
            ahead = rendered_ahead({name: own for name, (_, own) in scenes.items()}, size)
    if ahead is None:
        return {
            name: rendered_split(start, own, size, classes) for name, (start, own) in scenes.items()
        }
    return {
        name: replace(
            planned_split(start, own, size, classes),
            pictures=ahead[name],
            boxes=[np.array(scene.boxes(size), np.float32).reshape(-1, 4) for scene in own],
        )
        for name, (start, own) in scenes.items()
    }


def _ids(name: str, count: int) -> list[str]:
    return [f"{name}-{index:05d}" for index in range(count)]


def joined(first: Split, second: Split) -> Split:
    """Make one split of two rendered ones, the first one's images first."""
    pictures = (first.pictures, second.pictures)
    return Split(
        ids=[*first.ids, *second.ids],
        labels=np.concatenate([first.labels, second.labels]),
        pictures=JoinedPictures(pictures, len(first)),
        mask_shows=np.concatenate([first.mask_shows, second.mask_shows]),
        boxes=JoinedBoxes(first.boxes, second.boxes),
        box_labels=[*first.box_labels, *second.box_labels],
    )
