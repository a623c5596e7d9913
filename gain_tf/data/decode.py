"""Files to pixels: the one decoder of training, evaluation and every tool."""

import io
import os
from collections.abc import Sequence
from typing import IO

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from gain_tf.errors import FailedError

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
"""Pillow's names of what is read, by what is in a file; a JPEG of several pictures (MPO) is one."""

_READ = "JPEG, PNG, BMP, TIFF and WebP are read"

BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
"""What Pillow says of a header that promises more pixels than memory should hold."""


class UnreadableImageError(FailedError, ValueError):
    """A file is no image, or a broken one."""


def open_picture(file: str | os.PathLike[str] | IO[bytes]) -> Image.Image:
    """Open a picture of a user, of `FORMATS` only, whatever its name ends with.

    Pillow knows many more, and of some of them lets other programs make pixels: Ghostscript of
    EPS, which is a program itself.

    Args:
        file: a path or an open file.

    Returns:
        The picture, not decoded yet; to be closed.

    Raises:
        UnidentifiedImageError: it is no picture of these formats.
    """
    return Image.open(file, formats=FORMATS)


def read_image(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a photograph.

    OpenCV, because it decodes the same bytes to the same pixels where the network will be used;
    orientation of the camera applied, grey made RGB, alpha dropped, 16 bits reduced to 8.

    Args:
        path: JPEG, PNG, BMP, TIFF or WebP.

    Returns:
        uint8 RGB (H, W, 3).

    Raises:
        UnreadableImageError: the file is missing or no image.
    """
    if _is_no_file(path):
        raise UnreadableImageError(f"{path}: is no file")
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise UnreadableImageError(f"{path}: cannot be read: {error.strerror}") from error
    return decode_image(data, path)


def decode_image(
    data: np.ndarray, name: str | os.PathLike[str], *, upright: bool = True
) -> np.ndarray:
    """Decode a photograph; see `read_image`.

    Args:
        data: content of the file, uint8 (bytes,).
        name: for errors.
        upright: turn the image as the camera was held; otherwise its pixels stay where they lie.

    Returns:
        uint8 RGB (H, W, 3).

    Raises:
        UnreadableImageError: the bytes are no image of `FORMATS`, or one of more pixels than memory
            should hold.
    """
    if problem := _header_problem(data):
        raise UnreadableImageError(f"{name}: {problem}")
    try:
        flags = cv2.IMREAD_COLOR if upright else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        image = cv2.imdecode(data, flags) if data.size else None
    except cv2.error as error:
        raise UnreadableImageError(f"{name}: cannot be decoded: {error.err}") from error
    if image is None:
        raise UnreadableImageError(f"{name}: is not an image that can be decoded")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def read_mask(path: str | os.PathLike[str], *, levels: bool = False) -> np.ndarray:
    """Read a mask: the indices of a palette image, the levels of a grey one.

    Pillow, because OpenCV turns a palette into colours and loses the indices.

    Args:
        path: PNG.
        levels: whether greys are meant, not classes: a palette of different greys is looked up,
            since the programs that make one of a grey image number its greys as they like.

    Returns:
        uint8 (H, W).

    Raises:
        UnreadableImageError: the file is missing, broken, or has colours instead of indices.
    """
    return decode_mask(path, path, levels=levels)


def decode_mask(
    file: str | os.PathLike[str] | IO[bytes],
    name: str | os.PathLike[str],
    *,
    levels: bool = False,
) -> np.ndarray:
    """Decode a mask; see `read_mask`.

    Args:
        file: PNG, a path or an open file.
        name: for errors.
        levels: see `read_mask`.

    Returns:
        uint8 (H, W).

    Raises:
        UnreadableImageError: the file is missing, broken, or has colours instead of indices.
    """
    if _is_no_file(file):
        raise UnreadableImageError(f"{name}: is no file")
    try:
        with open_picture(file) as picture:
            if picture.mode not in ("1", "L", "P"):
                raise UnreadableImageError(
                    f"{name}: a mask must be a grey or palette image, not {picture.mode}"
                )
            grey = picture.convert("L") if picture.mode == "1" else picture
            mask = np.array(grey, np.uint8)
            return _levels(mask, picture.getpalette() or []) if levels else mask
    except UnreadableImageError:
        raise
    except FileNotFoundError as error:
        raise UnreadableImageError(f"{name}: does not exist") from error
    except BOMBS as error:
        raise UnreadableImageError(f"{name}: {_too_large()}") from error
    except Exception as error:
        # Pillow's readers raise whatever they come upon in a damaged file.
        raise UnreadableImageError(f"{name}: cannot be decoded: {_reason(error)}") from error


def _levels(indices: np.ndarray, palette: Sequence[int]) -> np.ndarray:
    """Look indices up in a palette R G B R G B ... where they stand for different greys."""
    colours = np.array(palette, np.uint8).reshape(-1, 3)
    used = np.unique(indices)
    if used[-1] >= len(colours):
        return indices
    greys = colours[used]
    distinct = len(np.unique(greys[:, 0])) == len(used)
    return colours[indices, 0] if distinct and (greys == greys[:, :1]).all() else indices


def picture_problem(path: str | os.PathLike[str] | IO[bytes]) -> str | None:
    """Say what is wrong with an image file, a path or an open one, None where nothing is.

    Decodes every byte with a decoder that, unlike OpenCV's, reports truncation.
    """
    if _is_no_file(path):
        return "is no file"
    try:
        with open_picture(path) as picture:
            picture.load()
            if min(picture.size) < 1:
                return "has no pixels"
    except FileNotFoundError:
        return "does not exist"
    except BOMBS:
        return _too_large()
    except Exception as error:  # as above
        return f"unreadable or truncated: {_reason(error)}"
    return None


def _is_no_file(path: str | os.PathLike[str] | IO[bytes]) -> bool:
    """Tell a folder, a pipe or a device from a file: reading a pipe would never end."""
    if not isinstance(path, str | os.PathLike):
        return False
    return os.path.exists(path) and not os.path.isfile(path)


def _header_problem(data: np.ndarray) -> str | None:
    """Say what is wrong with a picture by its header, before anything is decoded."""
    try:
        with open_picture(io.BytesIO(data.data)):
            return None
    except BOMBS:
        return _too_large()
    except UnidentifiedImageError:
        # OpenCV knows more formats, with headers that nothing here has looked into.
        return f"is not an image that can be decoded; {_READ}"
    except Exception:  # whether it is an image is said by the decoder
        return None


def _too_large() -> str:
    # Pillow warns from its limit on and refuses twice as much.
    return f"is too large: promises more than {2 * (Image.MAX_IMAGE_PIXELS or 0)} pixels"


def _reason(error: Exception) -> str:
    """Say why Pillow did not read a file, without the name it gives it."""
    if isinstance(error, UnidentifiedImageError):
        return f"it is no image of a known kind; {_READ}"
    return getattr(error, "strerror", None) or str(error) or "its parts do not fit together"
