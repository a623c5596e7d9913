"""Foreground priors: OpenCV's, or maps of the user's own; made once, kept as files.

A map is kept under a name that hashes everything that made it, so that it is found again by every
run that would make the same, and by no other.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from gain_tf.config import ConfigError
from gain_tf.data.decode import UnreadableImageError, read_mask
from gain_tf.data.files import DataError
from gain_tf.data.listing import path_below
from gain_tf.data.numpy_files import read_array
from gain_tf.files import replacing

SUFFIXES = (".png", ".npy")
FOLDER = "saliency"
"""Below `data.cache_folder`."""


@dataclass(frozen=True)
class SavedSaliency:
    """Maps in files; see `gain_tf.data.dataset.Saliency`.

    Attributes:
        paths: of each image's map; None for an image without.
    """

    paths: Sequence[Path | None]

    def map(self, index: int) -> np.ndarray:
        """Return the map of image `index`."""
        path = self.paths[index]
        return np.zeros((1, 1), np.float32) if path is None else read_map(path)


def read_map(path: Path) -> np.ndarray:
    """Read a saliency map.

    Args:
        path: a grey PNG, of which 255 becomes 1, or an NPY file with values in [0, 1].

    Returns:
        float32 (h, w), in [0, 1].

    Raises:
        UnreadableImageError: the file is missing, broken, or holds something else.
    """
    if path.suffix == ".png":
        return read_mask(path, levels=True).astype(np.float32) / 255
    try:
        values = read_array(path)
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableImageError(f"{path}: is no map that can be read: {error}") from error
    number = isinstance(values, np.ndarray) and values.dtype.kind in "fiub"
    if not number or values.ndim != 2 or not values.size:
        raise UnreadableImageError(f"{path}: must be an array of numbers (height, width)")
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise UnreadableImageError(f"{path}: values must lie in [0, 1]")
    return values.astype(np.float32)


def maps_below(
    folder: Path, ids: Sequence[str], wanted: Sequence[int], key: str = "data.saliency"
) -> SavedSaliency:
    """Find the user's own maps.

    Args:
        folder: that holds ID.png or ID.npy; an id may hold slashes.
        ids: of the images of a split.
        wanted: indices of the images that need a map.
        key: of the config's section, for errors.

    Returns:
        The maps, all of which can be read.

    Raises:
        DataError: the folder is not there, or images have no map, two, or one that cannot be read;
            all are named.
    """
    if not folder.is_dir():
        raise DataError([f"{key}.folder: there is no folder {folder}"])
    paths: list[Path | None] = [None] * len(ids)
    problems = []
    for index in wanted:
        named = [path_below(folder, f"{ids[index]}{suffix}") for suffix in SUFFIXES]
        found = [path for path in named if path is not None and path.is_file()]
        if len(found) != 1:
            names = " or ".join(f"{ids[index]}{suffix}" for suffix in SUFFIXES)
            said = "both are there" if found else "is not there"
            problems.append(f"{key}.folder: {folder}: {names}: {said}")
            continue
        paths[index] = found[0]
        try:
            read_map(found[0])
        except UnreadableImageError as error:
            problems.append(str(error))
    if problems:
        raise DataError(problems)
    return SavedSaliency(paths)


def check_opencv(key: str = "data.saliency") -> None:
    """Check that OpenCV's saliency module is there.

    Args:
        key: of the config's section, for errors.

    Raises:
        ConfigError: it is not.
    """
    if not hasattr(cv2, "saliency"):
        raise ConfigError(
            f"{key}.source: opencv needs the module cv2.saliency, which "
            f"opencv-python-headless {cv2.__version__} does not have; install the extra saliency "
            "over it (pip install --force-reinstall --no-deps opencv-contrib-python-headless), or "
            "take source: gradient"
        )


def opencv_saliency(image: np.ndarray, method: str) -> np.ndarray:
    """Compute saliency without a network.

    Args:
        image: uint8 RGB (H, W, 3).
        method: "fine_grained" (Montabone and Soto, 2010) or "spectral_residual" (Hou and Zhang,
            2007).

    Returns:
        float32 (H, W), at least 0.
    """
    makers = {
        "fine_grained": "StaticSaliencyFineGrained_create",
        "spectral_residual": "StaticSaliencySpectralResidual_create",
    }
    computer = getattr(cv2.saliency, makers[method])()  # pyright: ignore[reportAttributeAccessIssue]
    done, values = computer.computeSaliency(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not done:
        return np.zeros(image.shape[:2], np.float32)
    return np.maximum(np.asarray(values, np.float32), 0)


def smoothed(saliency: np.ndarray, side: int) -> np.ndarray:
    """Average a map over squares and divide it by its maximum.

    Args:
        saliency: float32 (H, W), at least 0.
        side: of the squares in pixels; 0 or 1 leaves the map as it is.

    Returns:
        float32 (H, W), in [0, 1], its maximum 1; all zero where the map is.
    """
    if side > 1:
        saliency = np.maximum(cv2.blur(saliency, (side, side)), 0)
    most = float(saliency.max())
    # What is left of nothing after rounding is nothing.
    return saliency / most if most > np.finfo(np.float32).tiny else np.zeros_like(saliency)


def kept_map(folder: Path, image: np.ndarray, made_by: dict[str, Any]) -> Path:
    """Name the file of a map after what makes it.

    Args:
        folder: `data.cache_folder`.
        image: uint8 (H, W, 3), as it was decoded.
        made_by: size, source and settings, the network's hash, the labels asked about.

    Returns:
        The path, whether or not the map is there.
    """
    key = hashlib.sha256(json.dumps([made_by, image.shape], sort_keys=True).encode())
    key.update(image.tobytes())
    name = key.hexdigest()
    return folder.expanduser() / FOLDER / name[:2] / f"{name}.png"


def is_kept(path: Path) -> bool:
    """Tell whether a map is there and whole."""
    try:
        read_map(path)
    except UnreadableImageError:
        return False
    return True


def keep_map(path: Path, saliency: np.ndarray) -> None:
    """Write a map, whole or not at all.

    Args:
        path: see `kept_map`.
        saliency: float32 (H, W), in [0, 1].
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(".png", np.round(saliency * 255).astype(np.uint8))
    if not done:
        raise OSError(f"{path}: the map cannot be encoded")
    with replacing(path) as temporary:
        temporary.write_bytes(data.tobytes())
