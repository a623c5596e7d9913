"""Encoded bytes to pixels, as the training machine decodes them."""

import io

import cv2
import imagesize
import numpy as np

from gain_serving.errors import BadImageError, TooLargeError
from gain_serving.limits import MAX_PIXELS

_SIGNATURES = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"BM",
    b"II*\x00",  # TIFF, its other byte order, and its form for large files
    b"MM\x00*",
    b"II+\x00",
)


def decode(data: bytes, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode one image.

    Orientation of the camera applied, grey made RGB, alpha dropped, 16 bits reduced to 8, CMYK
    converted.

    Args:
        data: JPEG, PNG, BMP, TIFF or WebP.
        max_pixels: an image whose header promises more is not decoded.

    Returns:
        uint8 RGB (H, W, 3).

    Raises:
        TooLargeError: more pixels than allowed.
        BadImageError: the bytes are no such image, or a truncated one.
    """
    checked_pixels(data, max_pixels)
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise BadImageError(f"the image cannot be decoded: {error.err}") from error
    if image is None:
        raise BadImageError("the image is truncated, damaged, or of a kind that cannot be decoded")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def checked_pixels(data: bytes, max_pixels: int = MAX_PIXELS) -> int:
    """Refuse an image whose header promises too many pixels.

    Args:
        data: see `decode`.
        max_pixels: of the image.

    Returns:
        How many it has.

    Raises:
        TooLargeError: more pixels than allowed.
        BadImageError: the bytes do not begin as such an image.
    """
    width, height = _size(data)
    if width * height > max_pixels:
        raise TooLargeError(
            f"the image has {width} x {height} = {width * height} pixels, "
            f"more than the {max_pixels} that are allowed"
        )
    return width * height


def _size(data: bytes) -> tuple[int, int]:
    webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    if not webp and not data.startswith(_SIGNATURES):
        raise BadImageError(
            "the bytes are no JPEG, PNG, BMP, TIFF or WebP image"
            if data
            else "there are no bytes where an image should be"
        )
    width, height = imagesize.get(io.BytesIO(data), exif_rotation=False)
    if width < 1 or height < 1:
        raise BadImageError("the image's header is truncated or damaged")
    return width, height
