"""Pictures and boxes of rendered splits: joined, or rendered when they are asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gain_tf.data.dataset import Pictures
from gain_tf.data.synthetic.picture import Picture, Scene


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


@dataclass(frozen=True)
class JoinedBoxes(Sequence[np.ndarray]):
    """The boxes of two splits, none of which is asked for before it is needed.

    Attributes:
        first: of the first split.
        second: of the second.
    """

    first: Sequence[np.ndarray]
    second: Sequence[np.ndarray]

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, index: Any) -> Any:
        late = index >= len(self.first)
        return self.second[index - len(self.first)] if late else self.first[index]


@dataclass
class PlannedPictures:
    """Pictures that are rendered when they are asked for, and then kept.

    Attributes:
        scenes: of the split.
        size: of an image along its longer side, pixels.
        rendered: what was asked for so far, by its index.
    """

    scenes: Sequence[Scene]
    size: int
    rendered: dict[int, Picture] = field(default_factory=dict, repr=False)

    def picture(self, index: int) -> Picture:
        """Return picture `index` with its annotation."""
        if index not in self.rendered:
            self.rendered[index] = self.scenes[index].render(self.size)
        return self.rendered[index]

    def image(self, index: int) -> np.ndarray:
        """Return image `index`."""
        return self.picture(index).image

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`."""
        return self.picture(index).mask


@dataclass(frozen=True)
class PlannedBoxes(Sequence[np.ndarray]):
    """Boxes that are rendered when they are asked for.

    Attributes:
        pictures: that they belong to.
    """

    pictures: PlannedPictures

    def __len__(self) -> int:
        return len(self.pictures.scenes)

    def __getitem__(self, index: Any) -> Any:
        if not 0 <= index < len(self):
            raise IndexError(index)
        return boxes_of(self.pictures.picture(index))


def boxes_of(picture: Picture) -> np.ndarray:
    """Return the boxes of a picture as a split has them, float32 (n, 4)."""
    return np.array([box for box, _ in picture.boxes], np.float32).reshape(-1, 4)
