"""Splits made of files: what masks mean, boxes of masks, pictures kept."""

import numpy as np
import pytest
from PIL import Image

from gain_tf.data.file_pictures import FilePictures, FileRecord, is_binary
from gain_tf.data.files import boxes_of_mask, splits_of


def record(path, labels=("b",), split="train", mask=None, **more):
    return FileRecord(path, labels, split, mask, **{"group": path.stem, "id": path.stem, **more})


@pytest.fixture
def pair(tmp_path, spot):
    Image.new("RGB", (12, 10), (1, 2, 3)).save(tmp_path / "a.png")
    Image.fromarray(spot).save(tmp_path / "m.png")
    return tmp_path / "a.png", tmp_path / "m.png"


def test_a_binary_mask_shows_the_image_s_class(pair, spot):
    pictures = FilePictures([record(pair[0], mask=pair[1])], ["a", "b", "c"])
    np.testing.assert_array_equal(pictures.mask(0), np.where(spot > 0, 2, 0))
    assert pictures.mask(0).dtype == np.uint8


def test_index_keeps_what_binary_turns(pair, spot):
    pictures = FilePictures([record(pair[0], mask=pair[1])], ["a", "b"], "index")
    np.testing.assert_array_equal(pictures.mask(0), spot)


def test_auto_looks_at_the_values():
    assert is_binary(np.array([[0, 255]]), "auto")
    assert not is_binary(np.array([[0, 1, 255]]), "auto")
    assert is_binary(np.array([[0, 200]]), "binary")
    assert not is_binary(np.array([[0, 255]]), "index")


def test_without_a_mask_everything_is_unknown(pair):
    mask = FilePictures([record(pair[0])], ["b"]).mask(0)
    assert mask.shape == (10, 12)
    assert (mask == 255).all()


@pytest.mark.parametrize("cache", [True, False])
def test_only_a_cache_outlives_the_file(pair, cache):
    pictures = FilePictures([record(pair[0])], ["b"], cache=cache)
    first = pictures.image(0)
    Image.new("RGB", (12, 10), (9, 9, 9)).save(pair[0])
    assert (pictures.image(0) == first).all() == cache


def test_boxes_by_hand():
    mask = np.zeros((10, 20), np.uint8)
    mask[2:5, 4:8] = 1
    mask[7:10, 10:20] = 3
    mask[0, 0] = 3
    mask[5:7, :] = 255
    boxes, labels = boxes_of_mask(mask)
    order = np.lexsort((boxes[:, 0], labels))
    np.testing.assert_array_equal(labels[order], [0, 2, 2])
    expected = [[0.2, 0.2, 0.5, 0.4], [0, 0, 0.1, 0.05], [0.7, 0.5, 1, 1]]
    np.testing.assert_allclose(boxes[order], expected, rtol=0, atol=1e-6)
    assert boxes.dtype == np.float32
    assert labels.dtype == np.int32


@pytest.mark.parametrize("value", [0, 255])
def test_a_mask_that_shows_nothing_has_no_box(value):
    boxes, labels = boxes_of_mask(np.full((4, 4), value, np.uint8))
    assert boxes.shape == (0, 4)
    assert labels.shape == (0,)


def test_splits_have_a_row_an_image(pair):
    image, mask = pair
    records = [
        record(image, ("a", "b"), "test", id="one", group="g"),
        record(image, ("b",), "train", mask, id="two", group="h"),
        record(image, (), "train", id="three", group="i"),
    ]
    splits = splits_of(records, ["a", "b", "c"])
    assert list(splits) == ["train", "test"]
    train = splits["train"]
    assert (train.ids, train.groups) == (["two", "three"], ["h", "i"])
    np.testing.assert_array_equal(train.labels, [[0, 1, 0], [0, 0, 0]])
    np.testing.assert_array_equal(train.mask_shows, [[False, True, False], [False] * 3])
    np.testing.assert_array_equal(train.has_mask, [True, False])
    np.testing.assert_array_equal(train.has_boxes, [True, False])
    np.testing.assert_allclose(train.boxes[0], [[0.2, 0.25, 0.5, 7 / 12]], rtol=0, atol=1e-6)
    np.testing.assert_array_equal(splits["test"].labels, [[1, 1, 0]])
