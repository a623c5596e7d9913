"""Cues, hand-worked on a few cells."""

import numpy as np
import pytest

from gain_tf.segmentation.cues import (
    background_cues,
    cue_cells,
    foreground_cues,
    label_map,
    settle,
)


def test_foreground_is_above_a_share_of_the_map_s_own_maximum():
    attention = np.array([[[0.0, 0.1, 0.11], [0.2, 0.3, 0.5]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]])
    expected = [[[0, 0, 1], [1, 1, 1]], [[0, 0, 0], [0, 0, 0]]]
    # 0.2 of 0.5 is 0.1, which is not above it.
    np.testing.assert_array_equal(foreground_cues(attention, 0.2), np.array(expected, bool))
    np.testing.assert_array_equal(foreground_cues(attention, 0.7)[0], [[0, 0, 0], [0, 0, 1]])


def test_background_is_the_least_salient_tenth():
    saliency = np.tile(np.arange(10, dtype=np.float32), (10, 1))
    found = background_cues(saliency, 0.1)
    np.testing.assert_array_equal(found, np.tile([True, *[False] * 9], (10, 1)))
    np.testing.assert_array_equal(background_cues(saliency, 0.3).sum(axis=1), [3] * 10)


def test_a_single_dark_pixel_is_filtered_away():
    saliency = np.tile(np.arange(10, dtype=np.float32) + 1, (10, 1))
    saliency[5, 8] = 0
    assert not background_cues(saliency, 0.1)[5, 8]


def test_equally_salient_cells_are_not_told_apart():
    saliency = np.zeros((6, 6), np.float32)
    saliency[:, 3:] = 1
    np.testing.assert_array_equal(background_cues(saliency, 0.1), saliency == 0)
    assert not background_cues(np.ones((6, 6), np.float32), 0.1).any()


def test_a_cell_claimed_twice_goes_to_the_smaller_region():
    regions = np.array([[[1, 1, 1, 1]], [[0, 0, 1, 1]], [[0, 1, 1, 0]]], bool)
    expected = [[[1, 0, 0, 0]], [[0, 0, 0, 1]], [[0, 1, 1, 0]]]
    np.testing.assert_array_equal(settle(regions), np.array(expected, bool))


def test_the_cues_of_an_image():
    attention = np.array([[[1.0, 0.9, 0.1, 0.0]], [[0.0, 1.0, 0.0, 0.0]]])
    cues = cue_cells(attention, [2, 0], None, 3)
    expected = np.zeros((4, 1, 4), bool)
    expected[3, 0, 0] = expected[1, 0, 1] = True
    np.testing.assert_array_equal(cues, expected)
    np.testing.assert_array_equal(label_map(cues), [[3, 1, 255, 255]])


def test_background_is_settled_as_every_region_is():
    attention = np.zeros((1, 10, 10))
    attention[0, :, 0] = 1
    attention[0, 0, 1:] = 1
    saliency = np.tile(np.arange(10, dtype=np.float32), (10, 1))
    labels = label_map(cue_cells(attention, [0], saliency, 1))
    # 10 cells of background against 19: the column is background, the rest of the row is not.
    assert (labels[:, 0] == 0).all()
    assert (labels[0, 1:] == 1).all()
    assert (labels[1:, 1:] == 255).all()


@pytest.mark.parametrize("saliency", [None, np.arange(6, dtype=np.float32).reshape(2, 3)])
def test_without_an_object_all_is_background(saliency):
    cues = cue_cells(np.zeros((0, 2, 3)), [], saliency, 2)
    np.testing.assert_array_equal(label_map(cues), np.zeros((2, 3)))
    assert cues.shape == (3, 2, 3)


def test_no_cell_is_claimed_twice(rng):
    cues = cue_cells(
        rng.uniform(size=(3, 9, 8)), [4, 0, 1], rng.uniform(size=(9, 8)).astype(np.float32), 5
    )
    assert cues.sum(axis=0).max() == 1
    assert not cues[[3, 4]].any()
