"""How much of a map lies on the object: hand-worked."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gain_tf.metrics import (
    cue_confusion,
    energy_in_mask,
    intersection_over_union,
    pointing_game,
)
from gain_tf.metrics.attention import enlarge

MAP = np.array([[0.1, 0.2, 0.0], [0.3, 1.0, 0.4]], np.float32)
MASK = np.array([[False, True, False], [False, True, True]])


def test_energy_by_hand():
    assert energy_in_mask(MAP, MASK) == pytest.approx(1.6 / 2.0, abs=1e-6)
    assert energy_in_mask(MAP, np.zeros_like(MASK)) == 0
    assert energy_in_mask(MAP, np.ones_like(MASK)) == pytest.approx(1, abs=1e-6)
    assert energy_in_mask(0 * MAP, MASK) == 0


def test_even_attention_has_the_energy_of_the_area():
    assert energy_in_mask(np.ones((2, 3)), MASK) == pytest.approx(MASK.mean(), abs=1e-12)


@given(
    hnp.arrays(float, (4, 5), elements=st.floats(0, 10)),
    hnp.arrays(bool, (4, 5)),
    st.floats(0.1, 10),
)
def test_energy_does_not_depend_on_the_scale(attention, mask, scale):
    energy = energy_in_mask(attention, mask)
    assert 0 <= energy <= 1 + 1e-9
    assert energy_in_mask(attention * scale, mask) == pytest.approx(energy, abs=1e-9)
    if attention.sum() > 1e-300:
        assert energy + energy_in_mask(attention, ~mask) == pytest.approx(1, abs=1e-9)


def test_pointing_by_hand():
    attention = np.zeros((100, 200))
    attention[50, 100] = 1
    mask = np.zeros((100, 200), bool)
    # 0.03 of the longer side are 6 pixels.
    mask[50, 106:110] = True
    assert pointing_game(attention, mask)
    assert not pointing_game(attention, mask, tolerance=0.0299)
    mask[50, 106] = False
    assert not pointing_game(attention, mask)
    mask[50, 100] = True
    assert pointing_game(attention, mask, tolerance=0)


def test_the_distance_is_a_straight_line():
    attention = np.zeros((100, 100))
    attention[10, 10] = 1
    mask = np.zeros((100, 100), bool)
    mask[13, 14] = True  # 5 pixels away
    assert pointing_game(attention, mask, tolerance=0.05)
    assert not pointing_game(attention, mask, tolerance=0.049)


def test_a_zero_map_and_an_empty_mask_never_hit():
    assert not pointing_game(np.zeros((4, 4)), np.ones((4, 4), bool), tolerance=10)
    assert not pointing_game(np.ones((4, 4)), np.zeros((4, 4), bool), tolerance=10)


def test_intersection_over_union_by_hand():
    found = intersection_over_union(MAP, MASK, [0.05, 0.15, 0.35, 0.5, 0.99])
    np.testing.assert_allclose(found, [3 / 5, 3 / 4, 2 / 3, 1 / 3, 1 / 3], rtol=0, atol=1e-12)


def test_a_value_at_the_threshold_is_not_above_it():
    found = intersection_over_union(np.array([[0.5, 0.6]]), np.array([[True, True]]), [0.5])
    np.testing.assert_array_equal(found, [0.5])


def test_nothing_against_nothing_is_zero():
    found = intersection_over_union(0 * MAP, np.zeros_like(MASK), [0.0, 0.5])
    np.testing.assert_array_equal(found, [0, 0])


def test_cues_by_hand():
    maps = np.array([[[1.0, 0.3, 0.1, 0.0]], [[0.0, 0.6, 0.2, 0.9]]])
    truth = np.array([[3, 2, 0, 255]], np.uint8)
    # The cues are class 2, class 1, background (0.2 is not above 0.2), class 1.
    expected = np.zeros((4, 4), int)
    expected[3, 3] = expected[2, 2] = expected[0, 0] = 1
    np.testing.assert_array_equal(cue_confusion(maps, [2, 1], truth, 4), expected)
    expected[3, 3] = expected[0, 0] = 0
    expected[3, 1] = 1
    expected[0, 0] = 1
    np.testing.assert_array_equal(cue_confusion(maps, [0, 1], truth, 4), expected)


def test_every_known_pixel_is_counted_once(rng):
    maps = rng.uniform(size=(2, 6, 7))
    truth = rng.choice([0, 1, 2, 3, 255], size=(6, 7)).astype(np.uint8)
    confusion = cue_confusion(maps, [0, 2], truth, 4)
    assert confusion.shape == (4, 4)
    np.testing.assert_array_equal(confusion.sum(axis=1), [(truth == c).sum() for c in range(4)])
    assert confusion[:, 2].sum() == 0


def test_enlarging_is_bilinear():
    found = enlarge(np.array([[0.0, 1.0]], np.float32), 2, 4)
    np.testing.assert_allclose(found, [[0, 0.25, 0.75, 1]] * 2, rtol=0, atol=1e-6)
