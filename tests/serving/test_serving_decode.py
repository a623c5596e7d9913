"""The factory box sees the very pixels that the training machine saw, or says why not."""

import io

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gain_serving.decode import decode
from gain_serving.errors import BadImageError, ServingError, TooLargeError
from gain_tf.data.decode import read_image

HEIGHT, WIDTH = 23, 37
COARSE = np.random.default_rng(1).integers(0, 256, (4, 6, 3), np.uint8)
PIXELS = cv2.resize(COARSE, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
PICTURE = Image.fromarray(PIXELS)
DEEP = PIXELS.astype(np.uint16) * 256 + 3


def pillow(kind, picture=PICTURE, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def opencv(ending, image):
    return cv2.imencode(ending, image[..., ::-1] if image.ndim == 3 else image)[1].tobytes()


def oriented(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return pillow(kind, exif=exif)


IMAGES = {
    "jpeg": pillow("JPEG"),
    "progressive jpeg": pillow("JPEG", progressive=True),
    "cmyk jpeg": pillow("JPEG", PICTURE.convert("CMYK")),
    "cmyk tiff": pillow("TIFF", PICTURE.convert("CMYK")),
    "grey jpeg": pillow("JPEG", PICTURE.convert("L")),
    "grey png": pillow("PNG", PICTURE.convert("L")),
    "black and white png": pillow("PNG", PICTURE.convert("1")),
    "palette png": pillow("PNG", PICTURE.convert("P")),
    "alpha png": pillow("PNG", PICTURE.convert("RGBA")),
    "grey alpha png": pillow("PNG", PICTURE.convert("LA")),
    "alpha webp": pillow("WEBP", PICTURE.convert("RGBA"), lossless=True),
    "webp": pillow("WEBP"),
    "grey bmp": pillow("BMP", PICTURE.convert("L")),
    "bmp": pillow("BMP"),
    "alpha bmp": pillow("BMP", PICTURE.convert("RGBA")),
    "tiff": pillow("TIFF"),
    "lzw tiff": pillow("TIFF", compression="tiff_lzw"),
    "large tiff": pillow("TIFF", big_tiff=True),
    "16-bit png": opencv(".png", DEEP),
    "16-bit grey png": opencv(".png", DEEP[..., 0]),
    "16-bit tiff": opencv(".tif", DEEP),
    "16-bit grey tiff": opencv(".tif", DEEP[..., 0]),
} | {
    f"{kind} orientation {turn}": oriented(kind, turn)
    for kind in ("JPEG", "PNG", "WEBP", "TIFF")
    for turn in range(1, 9)
}


@pytest.mark.parametrize("name", IMAGES)
def test_the_pixels_are_those_of_training(tmp_path, name):
    path = tmp_path / "image"
    path.write_bytes(IMAGES[name])
    image = decode(IMAGES[name], HEIGHT * WIDTH)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    np.testing.assert_array_equal(image, read_image(path))


@pytest.mark.parametrize("name", ["png", "cmyk jpeg", "16-bit png", "JPEG orientation 6"])
def test_the_pixels_are_right_at_all(name):
    data = pillow("PNG") if name == "png" else IMAGES[name]
    expected = np.rot90(PIXELS, -1) if "orientation" in name else PIXELS
    difference = np.abs(decode(data).astype(int) - expected).mean()
    # JPEG at Pillow's default quality halves the resolution of colour.
    assert difference < (12 if "j" in name.lower() else 1e-9)


@pytest.mark.parametrize("name", ["jpeg", "progressive jpeg", "cmyk jpeg", "lzw tiff", "tiff",
                                  "bmp", "webp", "alpha png", "16-bit tiff"])  # fmt: skip
def test_a_truncated_image_is_refused(name):
    data = IMAGES[name]
    # The last byte of a TIFF may be padding; what follows a JPEG's last line is its end mark.
    for length in range(0, len(data) - 8, 13):
        with pytest.raises(BadImageError):
            decode(data[:length])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no bytes"),
        (b"hello", "no JPEG, PNG, BMP, TIFF or WebP"),
        (opencv(".ppm", PIXELS), "no JPEG, PNG, BMP, TIFF or WebP"),
        (pillow("GIF"), "no JPEG, PNG, BMP, TIFF or WebP"),
        (b"<?xml version='1.0'?><svg width='5' height='5'/>", "no JPEG, PNG, BMP"),
        (IMAGES["jpeg"][:20], "header is truncated"),
        (IMAGES["bmp"][:18] + bytes(8) + IMAGES["bmp"][26:], "header is truncated or damaged"),
        (opencv(".tif", PIXELS.astype(np.float32)), "of a kind that cannot be decoded"),
    ],
)
def test_what_is_no_image(data, said):
    with pytest.raises(BadImageError, match=said):
        decode(data)


@pytest.mark.parametrize("name", ["jpeg", "bmp", "webp", "alpha webp", "tiff", "large tiff"])
def test_the_limit_is_that_of_pixels(name):
    decode(IMAGES[name], HEIGHT * WIDTH)
    with pytest.raises(TooLargeError, match="37 x 23 = 851 pixels, more than the 850"):
        decode(IMAGES[name], HEIGHT * WIDTH - 1)


def test_a_bomb_is_refused_on_its_header_alone():
    """40,000 x 10,000 grey pixels are 48 kB of PNG and 1.2 GB of memory."""
    data = pillow("PNG", Image.new("1", (40_000, 10_000)))
    assert len(data) < 100_000
    # Nothing but the header is there to be decoded.
    with pytest.raises(TooLargeError, match="40000 x 10000 = 400000000 pixels"):
        decode(data[:64])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(sorted(IMAGES)), st.integers(0, 120), st.binary(min_size=1, max_size=4))
def test_damage_is_an_answer_never_a_crash(name, place, damage):
    """Bytes overwritten near the start, where the headers are."""
    data = bytearray(IMAGES[name])
    data[place : place + len(damage)] = damage
    try:
        image = decode(bytes(data), 10_000)
    except ServingError:
        return
    assert image.shape[2] == 3
    assert image.shape[0] * image.shape[1] <= 10_000
