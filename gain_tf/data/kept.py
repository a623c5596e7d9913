"""Pictures that are decoded once: kept in memory, or on disk for every run to come."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from gain_tf.data.dataset import Pictures, Split
from gain_tf.data.numpy_files import read_array
from gain_tf.files import replacing

FOLDER = "images"
"""Below `data.cache_folder`."""

COLOUR = 3
"""Dimensions of an image."""

_log = logging.getLogger(__name__)


@dataclass
class KeptPictures:
    """Pictures kept in memory once they were asked for.

    Attributes:
        pictures: where they come from.
    """

    pictures: Pictures
    _kept: dict[tuple[str, int], np.ndarray] = field(default_factory=dict, repr=False)

    def image(self, index: int) -> np.ndarray:
        """Return image `index`."""
        return self._keep("image", index, self.pictures.image)

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`."""
        return self._keep("mask", index, self.pictures.mask)

    def _keep(self, kind: str, index: int, read: Callable[[int], np.ndarray]) -> np.ndarray:
        if (kind, index) not in self._kept:
            self._kept[kind, index] = read(index)
        return self._kept[kind, index]


@runtime_checkable
class KeyedPictures(Pictures, Protocol):
    """Pictures of which each can be told from every other, in any data set at any time."""

    def key(self, index: int) -> str:
        """Return what changes whenever image `index` does."""
        ...


@dataclass(frozen=True)
class DiskPictures:
    """Pictures whose images are kept on disk as they were decoded.

    Runs that share the folder cannot harm each other: a file is whole or not there, its name says
    what is in it, and one that cannot be read is made anew. Masks take little to read and are read
    anew.

    Attributes:
        pictures: where they come from.
        folder: of the files; may grow to the size of all images, three bytes a pixel.
    """

    pictures: KeyedPictures
    folder: Path

    def image(self, index: int) -> np.ndarray:
        """Return image `index`."""
        name = hashlib.sha256(self.pictures.key(index).encode()).hexdigest()
        path = self.folder / name[:2] / f"{name}.npy"
        try:
            image = read_array(path)
            if image.dtype == np.uint8 and image.ndim == COLOUR:
                return image
        except (OSError, ValueError, EOFError):
            # Not there yet, or not whole: a disk may lose what it had promised to keep.
            pass
        image = self.pictures.image(index)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temporary, temporary.open("wb") as file:
                np.save(file, image)
        except OSError as error:
            _log.warning("%s: the image is not kept: %s", path, error.strerror)
        return image

    def mask(self, index: int) -> np.ndarray:
        """Return mask `index`."""
        return self.pictures.mask(index)


def kept_on_disk(split: Split, folder: Path) -> Split:
    """Keep the images of a split on disk.

    Args:
        split: any; one whose pictures have no key, since they were rendered, is left alone.
        folder: `data.cache_folder`.

    Returns:
        The split.
    """
    if not isinstance(split.pictures, KeyedPictures):
        return split
    pictures = DiskPictures(split.pictures, folder.expanduser() / FOLDER)
    return replace(split, pictures=pictures)
