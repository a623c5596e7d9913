"""Files to pixels, and what is said of files that are none."""

import contextlib
import os

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from gain_tf.data.decode import (
    UnreadableImageError,
    decode_image,
    picture_problem,
    read_image,
    read_mask,
)

COLOURS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [10, 20, 30]]], np.uint8)


def test_colours_come_as_rgb(tmp_path):
    Image.fromarray(COLOURS).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), COLOURS)


def test_alpha_is_dropped(tmp_path):
    alpha = np.full((2, 2, 1), 7, np.uint8)
    Image.fromarray(np.concatenate([COLOURS, alpha], axis=2)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), COLOURS)


def test_grey_becomes_rgb_and_16_bits_become_8(tmp_path):
    deep = np.array([[0, 256 * 77], [256 * 128, 256 * 255]], np.uint16)
    Image.fromarray(deep).save(tmp_path / "a.png")
    image = read_image(tmp_path / "a.png")
    assert image.dtype == np.uint8
    np.testing.assert_array_equal(image, (deep // 256)[..., None].repeat(3, axis=2))


def test_the_camera_s_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, 16:] = 255
    Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif, quality=95)
    image = read_image(tmp_path / "a.jpg")
    assert image.shape == (32, 16, 3)
    assert image[:14].max() < 20
    assert image[18:].min() > 235
    data = np.fromfile(tmp_path / "a.jpg", np.uint8)
    np.testing.assert_allclose(decode_image(data, "a", upright=False), pixels, rtol=0, atol=20)


def test_one_pixel_and_umlauts(tmp_path):
    path = tmp_path / "ü ö.png"
    Image.fromarray(COLOURS[:1, :1]).save(path)
    np.testing.assert_array_equal(read_image(path), COLOURS[:1, :1])
    assert picture_problem(path) is None


def test_masks_keep_indices(tmp_path):
    indices = np.array([[0, 1, 2], [255, 3, 0]], np.uint8)
    palette = Image.fromarray(indices)
    palette.putpalette([9, 9, 9] * 256)
    palette.save(tmp_path / "p.png")
    with Image.open(tmp_path / "p.png") as saved:
        assert saved.mode == "P"
    np.testing.assert_array_equal(read_mask(tmp_path / "p.png"), indices)
    Image.fromarray(indices > 0).save(tmp_path / "1.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "1.png"), 255 * (indices > 0))


@pytest.mark.parametrize(
    ("palette", "levels"),
    [
        ([(0, 0, 0), (255, 255, 255)], [0, 255, 0]),
        ([(255, 255, 255), (0, 0, 0)], [255, 0, 255]),
        ([(7, 7, 7), (9, 9, 9), (1, 2, 3)], [7, 9, 7]),  # the last colour is not used
        ([(0, 0, 0), (128, 0, 0)], [0, 1, 0]),
        ([(9, 9, 9), (9, 9, 9)], [0, 1, 0]),
        ([(9, 9, 9)], [0, 1, 0]),  # a palette that is cut off
    ],
)
def test_a_palette_of_greys_is_looked_up_where_levels_count(tmp_path, palette, levels):
    picture = Image.fromarray(np.array([[0, 1, 0]], np.uint8))
    picture.putpalette(np.ravel(palette).tolist())
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png", levels=True), [levels])
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), [[0, 1, 0]])
    Image.fromarray(np.array([[0, 3, 255]], np.uint8)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png", levels=True), [[0, 3, 255]])


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "I;16"])
def test_a_mask_with_colours_is_refused(tmp_path, mode):
    Image.new(mode, (3, 2)).save(tmp_path / "a.png")
    with pytest.raises(UnreadableImageError, match=f"grey or palette image, not {mode}"):
        read_mask(tmp_path / "a.png")


@pytest.fixture
def broken(tmp_path):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    for name in ("a.jpg", "a.png"):
        Image.fromarray(pixels).save(tmp_path / name)
        data = (tmp_path / name).read_bytes()
        (tmp_path / f"half-{name}").write_bytes(data[: len(data) // 2])
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "nowhere")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("half-a.jpg", "unreadable or truncated: "),
        ("half-a.png", "unreadable or truncated: image file is truncated"),
        ("text.jpg", "unreadable or truncated: it is no image"),
        ("empty.png", "unreadable or truncated: it is no image"),
        ("folder.jpg", "is no file"),
        ("pipe.png", "is no file"),
        ("link.jpg", "does not exist"),
        ("nothing.jpg", "does not exist"),
    ],
)
def test_broken_files_are_told(broken, name, said):
    assert (picture_problem(broken / name) or "").startswith(said)


@pytest.mark.parametrize("name", ["text.jpg", "empty.png", "folder.jpg", "pipe.png", "nothing.jpg"])
@pytest.mark.parametrize("read", [read_image, read_mask])
def test_broken_files_are_not_read(broken, name, read):
    with pytest.raises(UnreadableImageError, match=name):
        read(broken / name)


@pytest.fixture
def ghostscript(tmp_path, monkeypatch):
    """A program in place of Ghostscript, of which a file tells that it was started."""
    started, program = tmp_path / "started", tmp_path / "bin" / "gs"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho >> '{started}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    # Pillow looks for it once a process.
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    return started


def test_this_pillow_starts_ghostscript(tmp_path, ghostscript):
    """Otherwise the next test would show nothing."""
    Image.new("L", (3, 2)).save(tmp_path / "a.eps")
    with Image.open(tmp_path / "a.eps") as picture, contextlib.suppress(OSError):
        picture.load()
    assert ghostscript.is_file()


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.eps"])
def test_a_picture_starts_no_program(tmp_path, ghostscript, name):
    path = tmp_path / name
    Image.new("L", (3, 2)).save(path, format="EPS")
    said = "it is no image of a known kind; JPEG, PNG, BMP, TIFF and WebP are read"
    assert picture_problem(path) == f"unreadable or truncated: {said}"
    with pytest.raises(UnreadableImageError, match=f"{name}: cannot be decoded: {said}"):
        read_mask(path)
    with pytest.raises(UnreadableImageError, match=f"{name}: is not an image .* WebP are read"):
        read_image(path)
    assert not ghostscript.exists()


@pytest.mark.parametrize("kind", ["GIF", "PPM", "JPEG2000"])
def test_kinds_that_nothing_promises_are_refused(tmp_path, kind):
    """OpenCV would read some, and believe the size that they promise."""
    Image.fromarray(COLOURS).resize((64, 64)).save(tmp_path / "a.jpg", format=kind)
    assert "JPEG, PNG, BMP, TIFF and WebP are read" in str(picture_problem(tmp_path / "a.jpg"))
    with pytest.raises(UnreadableImageError, match="TIFF and WebP are read"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "BMP", "TIFF", "WEBP"])
def test_kinds_that_are_read(tmp_path, kind):
    """By what is in the file: the name says nothing. Some cameras write an MPO and call it JPEG."""
    grey = Image.new("RGB", (64, 64), (90, 90, 90))
    more = {"save_all": True, "append_images": [grey]} if kind == "MPO" else {}
    grey.save(tmp_path / "a.jpg", format=kind, **more)
    assert picture_problem(tmp_path / "a.jpg") is None
    np.testing.assert_allclose(read_image(tmp_path / "a.jpg"), np.asarray(grey), rtol=0, atol=3)


def test_good_files_have_no_problem(broken):
    assert picture_problem(broken / "a.jpg") is None
    assert picture_problem(broken / "a.png") is None


@pytest.mark.parametrize("limit", [15, 30])
def test_a_bomb_is_not_decoded(tmp_path, monkeypatch, limit):
    """Pillow warns from its limit on and refuses at twice that; the limit is lowered here."""
    Image.new("L", (8, 8)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    assert (picture_problem(tmp_path / "bomb.png") or "").startswith("is too large")
    for read in (read_image, read_mask):
        with pytest.raises(UnreadableImageError, match=f"more than {2 * limit} pixels"):
            read(tmp_path / "bomb.png")
