"""Random changes: image, mask and boxes stay together."""

import numpy as np
import pytest
import tensorflow as tf

from gain_tf.config import Augmentation
from gain_tf.data.augment import augment, crop, flip

SIDE = 40


@pytest.fixture
def example():
    """A white rectangle, its mask and its box; a second box is padding."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[10:22, 4:30] = 3
    box = [10 / SIDE, 4 / SIDE, 22 / SIDE, 30 / SIDE]
    return {
        "image": tf.constant(np.repeat((mask > 0)[..., None] * 255.0, 3, axis=2), tf.float32),
        "mask": tf.constant(mask),
        "boxes": tf.constant([box, [0, 0, 0, 0]], tf.float32),
        "box_labels": tf.constant([2, -1]),
        "has_mask": tf.constant(True),
    }


def box_of(shown):
    """The box of what is shown, in [0, 1]."""
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    return np.array([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1]) / SIDE


def assert_together(example, pixels=1):
    """Image, mask and box agree to within some pixels."""
    tolerance = (pixels + 1e-4) / SIDE
    mask = box_of(example["mask"].numpy() == 3)
    np.testing.assert_allclose(example["boxes"][0], mask, rtol=0, atol=tolerance)
    image = box_of(example["image"].numpy()[..., 0] > 127)
    np.testing.assert_allclose(image, mask, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("axis", "expected"), [(0, [18, 4, 30, 30]), (1, [10, 10, 22, 36])])
def test_flip_by_hand(example, axis, expected):
    flipped = flip(example, axis)
    np.testing.assert_allclose(flipped["boxes"][0], np.array(expected) / SIDE, rtol=0, atol=1e-6)
    assert_together(flipped, pixels=0)
    for name in ("image", "mask"):
        np.testing.assert_array_equal(flipped[name], np.flip(example[name], axis))
    back = flip(flipped, axis)
    np.testing.assert_allclose(back["boxes"][0], example["boxes"][0], rtol=0, atol=1e-6)
    assert flipped["box_labels"].numpy().tolist() == [2, -1]
    assert bool(flipped["has_mask"])


def test_crop_by_hand(example):
    """The window [.2, .7] x [0, .5] doubles everything: row 10 comes to (10 - 8) * 2 = 4."""
    cut = crop(example, tf.constant([0.2, 0.0, 0.7, 0.5]))
    expected = np.array([4, 8, 28, 40]) / SIDE
    np.testing.assert_allclose(cut["boxes"][0], expected, rtol=0, atol=1e-6)
    assert_together(cut)
    assert cut["image"].shape == (SIDE, SIDE, 3)
    assert cut["mask"].dtype == tf.uint8
    assert set(np.unique(cut["mask"])) == {0, 3}


@pytest.mark.parametrize(
    ("window", "stays"), [([0.0, 0.0, 0.4, 0.4], True), ([0.45, 0.0, 0.95, 0.5], False)]
)
def test_a_box_that_is_mostly_outside_becomes_padding(example, window, stays):
    """Rows 10 to 16 of 10 to 22 are left with columns 4 to 16 of 4 to 30; then rows 18 to 22."""
    share = (6 * 12 if stays else 4 * 16) / (12 * 26)
    cut = crop(example, tf.constant(window))
    assert cut["box_labels"].numpy().tolist() == [2 if share >= 0.25 else -1, -1]
    assert (share >= 0.25) == (cut["box_labels"][0] >= 0)


def test_the_whole_window_changes_nothing(example):
    cut = crop(example, tf.constant([0.0, 0.0, 1.0, 1.0]))
    np.testing.assert_allclose(cut["image"], example["image"], rtol=0, atol=1e-3)
    np.testing.assert_array_equal(cut["mask"], example["mask"])
    np.testing.assert_allclose(cut["boxes"], example["boxes"], rtol=0, atol=1e-6)


EVERYTHING = Augmentation(
    crop=0.7,
    flip_horizontal=True,
    flip_vertical=True,
    brightness=0.3,
    contrast=0.3,
    saturation=0.3,
)


@pytest.mark.parametrize("seed", range(12))
def test_everything_together(example, seed):
    settings = EVERYTHING.model_copy(update={"brightness": 0.0, "contrast": 0.0})
    changed = augment(example, settings, tf.constant([seed, 5]))
    assert changed["box_labels"][0] == 2
    assert_together(changed)


def test_the_same_seed_changes_the_same_way(example):
    one, again, other = (augment(example, EVERYTHING, tf.constant([s, 2])) for s in (1, 1, 9))
    for name in one:
        np.testing.assert_array_equal(one[name], again[name])
    assert np.abs(one["image"] - other["image"]).max() > 1
    assert (one["boxes"].numpy() != other["boxes"].numpy()).any()


def test_flips_happen_half_of_the_time(example):
    settings = Augmentation(flip_horizontal=True)
    flipped = [
        bool(augment(example, settings, tf.constant([s, 0]))["boxes"][0, 1] > 0.2)
        for s in range(100)
    ]
    assert 30 <= sum(flipped) <= 70


def test_nothing_asked_for_nothing_done(example):
    for name, value in augment(example, Augmentation(), tf.constant([1, 2])).items():
        np.testing.assert_array_equal(value, example[name])


def test_colours_by_their_definitions(example):
    """Brightness scales, contrast keeps the mean, saturation keeps the grey; all in [0, 255]."""
    random = np.random.default_rng(0)
    image = random.uniform(90, 160, (SIDE, SIDE, 3)).astype(np.float32)
    example = {**example, "image": tf.constant(image)}

    def changed(**settings):
        return augment(example, Augmentation(**settings), tf.constant([4, 4]))["image"].numpy()

    ratio = changed(brightness=0.2) / image
    assert np.ptp(ratio) < 1e-5
    assert 0.001 < abs(ratio.mean() - 1) <= 0.2
    contrast = changed(contrast=0.5)
    assert abs(contrast.mean() - image.mean()) < 0.01
    assert abs(contrast.std() / image.std() - 1) > 0.01
    saturation = changed(saturation=0.5)
    np.testing.assert_allclose(saturation.mean(axis=2), image.mean(axis=2), rtol=0, atol=1e-3)
    assert np.abs(saturation - image).max() > 1
    wild = changed(brightness=1.0, contrast=1.0)
    assert wild.min() >= 0
    assert wild.max() <= 255
