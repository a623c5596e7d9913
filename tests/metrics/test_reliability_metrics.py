"""Calibration, rejection, groups and object sizes: hand-worked."""

import numpy as np
import pytest

from gain_tf.metrics import accuracy_when_rejecting, calibration, size_of, worst_group


def test_calibration_by_hand():
    sure = np.array([0.95, 0.85, 0.6, 0.2])
    right = np.array([True, False, True, False])
    found = calibration(sure, right, bins=2)
    # [0, .5): 0.2, none right; [.5, 1]: 0.8 with 2/3 right
    assert found.error == pytest.approx(0.25 * 0.2 + 0.75 * (0.8 - 2 / 3), abs=1e-12)
    np.testing.assert_allclose(found.confidence, [0.2, 0.8], atol=1e-12)
    np.testing.assert_allclose(found.accuracy, [0, 2 / 3], atol=1e-12)
    np.testing.assert_array_equal(found.count, [1, 3])
    # Certainty lies in the last bin, and empty bins are left out.
    certain = calibration(np.ones(3), np.array([True, True, False]))
    assert certain.error == pytest.approx(1 / 3, abs=1e-12)
    np.testing.assert_array_equal(certain.count, [3])


def test_rejecting_the_least_sure():
    sure = np.array([0.9, 0.3, 0.8, 0.6])
    right = np.array([True, False, False, True])
    made = accuracy_when_rejecting(sure, right, [0, 0.25, 0.5, 0.74, 0.75])
    np.testing.assert_allclose(made, [1 / 2, 2 / 3, 1 / 2, 1 / 2, 1], atol=1e-12)


def test_ties_are_worth_their_mean_and_shares_are_not_rounded_away():
    right = np.arange(10) < 6
    made = accuracy_when_rejecting(np.full(10, 0.5), right, [0, 0.3, 0.9])
    np.testing.assert_allclose(made, 0.6, atol=1e-12)
    made = accuracy_when_rejecting(np.linspace(1, 0, 10), right, [0.3])
    np.testing.assert_allclose(made, 6 / 7, atol=1e-12)


def test_the_worst_of_the_groups_that_are_large_enough():
    right = np.array([1, 1, 0, 1, 0, 0, 0], bool)
    groups = list("aaabbbc")
    assert worst_group(right, groups, fewest=3) == ("b", pytest.approx(1 / 3))
    assert worst_group(right, groups, fewest=1) == ("c", 0.0)
    assert worst_group(right, groups) is None
    assert worst_group(right[:6], ["a"] * 6, fewest=1) is None


@pytest.mark.parametrize(
    ("area", "name"),
    [(0, "small"), (0.0204, "small"), (0.0205, "medium"), (0.183, "medium"), (0.184, "large")],
)
def test_sizes_are_cocos(area, name):
    assert size_of(area) == name
