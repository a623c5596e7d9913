"""Masks as indexed PNG in the colours of VOC."""

import numpy as np
import pytest
from PIL import Image

from gain_tf.data.decode import read_mask
from gain_tf.data.indexed import colour_map, coloured, write_indexed


@pytest.mark.parametrize(
    ("value", "colour"),
    [
        (0, (0, 0, 0)),
        (1, (128, 0, 0)),
        (2, (0, 128, 0)),
        (3, (128, 128, 0)),
        (4, (0, 0, 128)),
        (8, (64, 0, 0)),
        (15, (192, 128, 128)),
        (20, (0, 64, 128)),
        (255, (224, 224, 192)),
    ],
)
def test_the_colours(value, colour):
    assert tuple(colour_map()[value]) == colour


def test_colours_tell_all_values_apart():
    assert colour_map(21).shape == (21, 3)
    assert len(np.unique(colour_map(), axis=0)) == 256


def test_a_mask_in_colours():
    mask = np.array([[0, 1], [15, 255]], np.uint8)
    expected = [[(0, 0, 0), (128, 0, 0)], [(192, 128, 128), (224, 224, 192)]]
    np.testing.assert_array_equal(coloured(mask), expected)


def test_a_written_mask_is_read_as_it_was_and_seen_in_colours(tmp_path, rng):
    mask = rng.integers(0, 256, (7, 9), np.uint8)
    write_indexed(mask, tmp_path / "mask.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png"), mask)
    with Image.open(tmp_path / "mask.png") as picture:
        assert picture.mode == "P"
        np.testing.assert_array_equal(np.array(picture.convert("RGB")), coloured(mask))
