"""Deletion and insertion, against a loop over pixels."""

import numpy as np
import pytest

from gain_tf.metrics import area_under_curve, replaced_stepwise


def stepwise(image, by, attention, steps):
    """RISE's procedure, pixel by pixel, for maps without equal values."""
    order = sorted(np.ndindex(attention.shape), key=lambda at: -attention[at])
    stages, picture = [image.copy()], image.copy()
    for step in range(steps):
        first, last = (round(len(order) * s / steps) for s in (step, step + 1))
        for at in order[first:last]:
            picture[at] = by[at]
        stages.append(picture.copy())
    return np.stack(stages)


def test_the_most_attended_pixels_go_first(rng):
    image, by = rng.uniform(size=(2, 5, 4, 3))
    attention = rng.permutation(20).reshape(5, 4) / 20
    made = replaced_stepwise(image, by, attention, steps=7)
    np.testing.assert_allclose(made, stepwise(image, by, attention, 7), rtol=0, atol=1e-6)
    np.testing.assert_allclose(made[-1], by, rtol=0, atol=1e-6)


def test_a_dead_map_is_chance(rng):
    """Its pixels go in random order, not row by row."""
    made = replaced_stepwise(np.ones((20, 20, 3)), np.zeros(3), np.zeros((20, 20)), steps=2)
    upper, lower = made[1, :10].mean(), made[1, 10:].mean()
    assert upper == pytest.approx(0.5, abs=0.1)
    assert upper + lower == pytest.approx(1, abs=1e-6)


def test_area_by_hand():
    assert area_under_curve(np.array([1.0, 0.5, 0.0])) == pytest.approx(0.5, abs=1e-12)
    # Trapezoids of 0.9 and 0.45.
    assert area_under_curve(np.array([1.0, 0.8, 0.1])) == pytest.approx(0.675, abs=1e-12)
