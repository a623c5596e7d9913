"""Pictures as people, tools and failing disks leave them: seeded, a few hundred bytes each.

`REFUSED` are not read, `READ` are odd and whole, `EITHER` may be read or refused.
"""

import functools
import io
import struct
import zlib
from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 12, 10

Make = Callable[[np.random.Generator], bytes]


def encoded(picture, kind="PNG", **options):
    """Return a picture as the bytes of a file."""
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def photograph(random, size=(WIDTH, HEIGHT)):
    return Image.fromarray(random.integers(0, 256, (*size[::-1], 3), dtype=np.uint8))


def mask(values):
    """Return the bytes of a mask with the values."""
    return encoded(Image.fromarray(np.asarray(values, np.uint8)))


def _png(width, height, bits, colour, data):
    def chunk(name, content):
        check = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + check

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@functools.cache
def bomb(side=20_000):
    """Return a whole PNG of 400 megapixels in 50 kB."""
    row = b"\0" * (1 + -(-side // 8))
    pack = zlib.compressobj(9)
    return _png(side, side, 1, 0, b"".join([*map(pack.compress, [row] * side), pack.flush()]))


def _jpeg_of(width, height):
    """Return a JPEG whose header promises another size."""
    data = encoded(Image.new("RGB", (WIDTH, HEIGHT)), "JPEG")
    return data.replace(struct.pack(">HH", HEIGHT, WIDTH), struct.pack(">HH", height, width), 1)


def _cut(random, data):
    """Cut off between a tenth and nine tenths."""
    return data[: int(len(data) * random.uniform(0.1, 0.9))]


def _flipped(random, data):
    """Change a few bytes anywhere."""
    changed = bytearray(data)
    for place in random.integers(0, len(data), random.integers(1, 9)):
        changed[place] = random.integers(0, 256)
    return bytes(changed)


def _of_kind(random, kind):
    # Large enough that what is cut off is pixels.
    return encoded(photograph(random, (40, 30)), kind)


REFUSED: Mapping[str, Make] = {
    "an empty file": lambda r: b"",
    "text": lambda r: b"hello",
    "a page of HTML": lambda r: b"<!doctype html><html><body>404</body></html>",
    "noise": lambda r: r.bytes(300),
    "zeros": lambda r: bytes(4096),
    "a cut JPEG": lambda r: _cut(r, _of_kind(r, "JPEG")),
    "a cut PNG": lambda r: _cut(r, _of_kind(r, "PNG")),
    "a cut WebP": lambda r: _cut(r, _of_kind(r, "WEBP")),
    "a cut BMP": lambda r: _cut(r, _of_kind(r, "BMP")),
    "a cut TIFF": lambda r: _cut(r, _of_kind(r, "TIFF")),
    "a PNG bomb": lambda r: bomb(),
    "a PNG that promises 4 gigapixels": lambda r: _png(65_000, 65_000, 8, 2, zlib.compress(b"")),
    "a PNG of the largest sides": lambda r: _png(2**31 - 1, 2**31 - 1, 8, 2, zlib.compress(b"")),
    "a JPEG that promises 4 gigapixels": lambda r: _jpeg_of(65_000, 65_000),
    "a PNG without width": lambda r: _png(0, 5, 8, 2, zlib.compress(b"\0" * 5)),
    "a PNG without height": lambda r: _png(5, 0, 8, 2, zlib.compress(b"")),
    "a JPEG without width": lambda r: _jpeg_of(0, HEIGHT),
    "a JPEG without height": lambda r: _jpeg_of(WIDTH, 0),
    "a BMP without pixels": lambda r: (
        b"BM" + struct.pack("<IIIIiiHH24x", 54, 0, 54, 40, 0, 0, 1, 24)
    ),
    "an EPS": lambda r: encoded(photograph(r).convert("L"), "EPS"),
    "a GIF": lambda r: encoded(photograph(r), "GIF"),
    "an icon": lambda r: encoded(photograph(r, (16, 16)), "ICO"),
    "a PNG without pixels": lambda r: _png(WIDTH, HEIGHT, 8, 2, zlib.compress(b"")),
}

_MODES = ("1", "L", "LA", "P", "RGBA", "RGB", "I;16")

READ: Mapping[str, Make] = {
    **{
        f"a PNG of mode {mode}": lambda r, mode=mode: encoded(
            Image.fromarray(r.integers(0, 2**16, (HEIGHT, WIDTH), dtype=np.uint16))
            if mode == "I;16"
            else photograph(r).convert(mode)
        )
        for mode in _MODES
    },
    "a grey JPEG": lambda r: encoded(photograph(r).convert("L"), "JPEG"),
    "a CMYK JPEG": lambda r: encoded(photograph(r).convert("CMYK"), "JPEG"),
    "a progressive JPEG": lambda r: encoded(photograph(r), "JPEG", progressive=True),
    "a BMP": lambda r: encoded(photograph(r), "BMP"),
    "a TIFF": lambda r: encoded(photograph(r), "TIFF"),
    "a WebP": lambda r: encoded(photograph(r), "WEBP", lossless=True),
    "one pixel": lambda r: encoded(photograph(r, (1, 1))),
    "one row": lambda r: encoded(photograph(r, (300, 1))),
}

EITHER: Mapping[str, Make] = {
    **{
        f"a {kind} with changed bytes": lambda r, kind=kind: _flipped(r, _of_kind(r, kind))
        for kind in ("JPEG", "PNG", "WEBP", "BMP", "TIFF")
    },
    "a TIFF of floats": lambda r: encoded(
        Image.fromarray(r.normal(size=(HEIGHT, WIDTH)).astype(np.float32)), "TIFF"
    ),
    "a CMYK TIFF": lambda r: encoded(photograph(r).convert("CMYK"), "TIFF"),
    "a TIFF of two pages": lambda r: encoded(
        photograph(r), "TIFF", save_all=True, append_images=[photograph(r, (3, 4))]
    ),
    "a moving WebP": lambda r: encoded(
        photograph(r), "WEBP", save_all=True, append_images=[photograph(r)]
    ),
    "a JPEG with text behind it": lambda r: encoded(photograph(r), "JPEG") + b"x" * 50,
}
