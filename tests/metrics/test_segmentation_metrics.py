"""Mean intersection over union: hand-worked."""

import numpy as np
import pytest

from gain_tf.metrics import mean_intersection_over_union


def test_by_hand():
    confusion = np.array([[6, 2, 0], [1, 3, 0], [0, 2, 4]])
    mean, per_class = mean_intersection_over_union(confusion)
    expected = [6 / 9, 3 / 8, 4 / 6]
    np.testing.assert_allclose(per_class, expected, rtol=0, atol=1e-12)
    assert mean == pytest.approx(sum(expected) / 3, abs=1e-12)


def test_a_class_that_does_not_occur_does_not_count():
    mean, per_class = mean_intersection_over_union(np.array([[3, 0, 1], [0, 0, 0], [0, 0, 4]]))
    np.testing.assert_allclose(per_class, [3 / 4, np.nan, 4 / 5], rtol=0, atol=1e-12)
    assert mean == pytest.approx(0.775, abs=1e-12)


def test_a_class_seen_where_it_is_not_counts_as_zero():
    mean, per_class = mean_intersection_over_union(np.array([[3, 1], [0, 0]]))
    np.testing.assert_allclose(per_class, [0.75, 0], rtol=0, atol=1e-12)
    assert mean == pytest.approx(0.375, abs=1e-12)


def test_no_pixel_no_figure():
    mean, per_class = mean_intersection_over_union(np.zeros((2, 2), int))
    assert np.isnan(mean)
    assert np.isnan(per_class).all()


def test_perfect():
    assert mean_intersection_over_union(np.diag([5, 1, 9]))[0] == 1
