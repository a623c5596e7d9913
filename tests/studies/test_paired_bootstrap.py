"""The difference of two rows and how sure it is."""

import numpy as np
import pytest

from gain_tf.studies.paired_bootstrap import paired_difference


def test_by_hand():
    differences = np.array([[1, 0, -1, 1], [0, 0, 0, 1]], float)
    found = paired_difference(["a", "b", "c", "d"], differences)
    assert found.by_seed == (0.25, 0.25)
    assert found.mean == 0.25
    assert found.low < 0 < found.high
    assert not found.settled


def test_every_image_better_is_settled():
    found = paired_difference(list("abcd"), np.ones((3, 4)))
    assert (found.mean, found.low, found.high) == (1, 1, 1)
    assert found.settled


def test_one_seed_settles_nothing():
    found = paired_difference(list("abcd"), np.ones((1, 4)))
    assert (found.low, found.high) == (1, 1)
    assert not found.settled


def test_images_of_one_group_settle_nothing():
    found = paired_difference(["a"] * 4, np.ones((3, 4)))
    assert (found.low, found.high) == (1, 1)
    assert not found.settled


def test_the_interval_is_that_of_the_normal_approximation():
    random = np.random.default_rng(0)
    differences = random.choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=(1, 400))
    found = paired_difference([str(n) for n in range(400)], differences)
    error = differences.std() / np.sqrt(400)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_copies_in_a_group_promise_nothing():
    random = np.random.default_rng(0)
    alone = random.choice([-1.0, 0.0, 1.0], size=(1, 50))
    copied = np.repeat(alone, 8, axis=1)
    names = [str(n) for n in range(50)]
    one = paired_difference(names, alone)
    many = paired_difference([name for name in names for _ in range(8)], copied)
    assert many.high - many.low == pytest.approx(one.high - one.low, rel=0.1)


def test_seeds_that_disagree_widen_it():
    groups = [str(n) for n in range(100)]
    agreeing = np.tile(np.array([1.0, 0.0]), (3, 50))
    disagreeing = np.stack([np.ones(100), np.zeros(100), np.tile([1.0, 0.0], 50)])
    one, two = (paired_difference(groups, each) for each in (agreeing, disagreeing))
    assert one.mean == two.mean == 0.5
    assert two.high - two.low > 2 * (one.high - one.low)
