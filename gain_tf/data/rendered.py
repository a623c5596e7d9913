"""What the rendered data sets share: from scenes to splits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gain_tf.config import Data
from gain_tf.data.dataset import UNKNOWN, ArrayPictures, Pictures, Split
from gain_tf.data.files import DataError
from gain_tf.data.synthetic.picture import Scene, render_all

_SEEDS_APART = 1000


@dataclass(frozen=True)
class JoinedPictures:
    """The pictures of two splits.

    Attributes:
        parts: of the first and of the second.
        start: index of the second's first picture.
    """

    parts: tuple[Pictures, Pictures]
    start: int

    def image(self, index: int) -> np.ndarray:
        """Return image `index`."""
        late = index >= self.start
        return self.parts[late].image(index - self.start * late)

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`."""
        late = index >= self.start
        return self.parts[late].mask(index - self.start * late)


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
    pictures = render_all(scenes, lambda scene: scene.render(size))
    labels = np.zeros((len(pictures), classes), np.float32)
    shows = np.zeros((len(pictures), classes), bool)
    for index, picture in enumerate(pictures):
        labels[index, [label for _, label in picture.boxes]] = 1
        shown = np.setdiff1d(picture.mask, [0, UNKNOWN]).astype(int) - 1
        shows[index, shown] = True
    return Split(
        ids=[f"{name}-{index:05d}" for index in range(len(pictures))],
        labels=labels,
        pictures=ArrayPictures(
            np.stack([picture.image for picture in pictures]),
            np.stack([picture.mask for picture in pictures]),
        ),
        mask_shows=shows,
        boxes=[
            np.array([box for box, _ in picture.boxes], np.float32).reshape(-1, 4)
            for picture in pictures
        ],
        box_labels=[
            np.array([label for _, label in picture.boxes], np.int32) for picture in pictures
        ],
    )


def joined(first: Split, second: Split) -> Split:
    """Make one split of two rendered ones, the first one's images first."""
    pictures = (first.pictures, second.pictures)
    return Split(
        ids=[*first.ids, *second.ids],
        labels=np.concatenate([first.labels, second.labels]),
        pictures=JoinedPictures(pictures, len(first)),
        mask_shows=np.concatenate([first.mask_shows, second.mask_shows]),
        boxes=[*first.boxes, *second.boxes],
        box_labels=[*first.box_labels, *second.box_labels],
    )
