"""The difference of two rows and how sure it is."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from gain_tf.studies.paired_difference import paired_difference


def test_by_hand():
    # Seeds differ by 1/2 and 0: variance of their mean 1/16. Images, over seeds: 1/2, 0, 0, 1/2,
    # whose mean has the variance (4 * 1/16) / 3 / 4 = 1/48. t(1) = 12.7062, t(3) = 3.1824.
    found = paired_difference(list("abcd"), np.array([[1, 0, 0, 1], [0, 0, 0, 0]], float))
    assert found.by_seed == (0.5, 0.0)
    assert found.mean == 0.25
    assert (found.low, found.high) == (-1, 1)
    narrow = paired_difference(list("abcd"), np.array([[1, 0, 0, 1], [0, 0, 0, 0]]) / 20)
    half = np.sqrt(12.7062**2 / 16 + 3.1824**2 / 48) / 20
    assert narrow.high - narrow.mean == pytest.approx(half, abs=1e-5)
    assert narrow.mean - narrow.low == pytest.approx(half, abs=1e-5)
    assert not narrow.settled


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


def test_with_seeds_alone_it_is_the_t_test_of_seeds():
    seeds = np.array([0.02, 0.05, 0.11])
    found = paired_difference([str(n) for n in range(50)], np.tile(seeds[:, None], 50))
    expected = ttest_1samp(seeds, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_with_images_alone_it_is_the_t_test_of_images():
    images = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], p=[0.1, 0.6, 0.3], size=40)
    found = paired_difference([str(n) for n in range(40)], np.tile(images, (3, 1)))
    expected = ttest_1samp(images, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_copies_in_a_group_promise_nothing():
    alone = np.random.default_rng(0).choice([-1.0, 0.0, 1.0], size=(1, 50))
    names = [str(n) for n in range(50)]
    one = paired_difference(names, alone)
    many = paired_difference([name for name in names for _ in range(8)], np.repeat(alone, 8, 1))
    assert many.high - many.low == pytest.approx(one.high - one.low, rel=1e-9)


def test_seeds_that_disagree_widen_it():
    groups = [str(n) for n in range(100)]
    agreeing = np.tile(np.array([1.0, 0.0]), (3, 50))
    disagreeing = np.stack([np.ones(100), np.zeros(100), np.tile([1.0, 0.0], 50)])
    one, two = (paired_difference(groups, each) for each in (agreeing, disagreeing))
    assert one.mean == two.mean == 0.5
    assert two.high - two.low > 2 * (one.high - one.low)


@pytest.mark.parametrize("seeds", [2, 3, 5, 8])
@pytest.mark.parametrize("spread", [0.0, 0.05, 0.15])
def test_rows_that_are_alike_are_told_apart_in_one_case_of_twenty_at_most(seeds, spread):
    # Each seed of a row is better or worse on all images, and each row better on images of its own.
    random = np.random.default_rng(0)
    names = [str(n) for n in range(200)]

    def row(hardness):
        luck = random.normal(0, spread, (seeds, 1)) + random.normal(0, 1, (seeds, len(names)))
        return hardness + random.normal(0, 0.3, len(names)) + luck > 0

    trials, apart = 500, 0
    for _ in range(trials):
        hardness = random.normal(0, 1, len(names))
        differences = row(hardness).astype(float) - row(hardness)
        apart += paired_difference(names, differences).settled
    # Three standard errors of 500 trials above one in twenty.
    assert apart / trials < 0.05 + 3 * np.sqrt(0.05 * 0.95 / trials)
