"""The bootstrap over groups."""

import numpy as np
import pytest

from gain_tf.evaluation.intervals import bootstrap_interval


def test_the_spread_of_a_mean():
    """100 draws of a fair coin: mean .5, standard error .05, so about .4 to .6."""
    values = np.arange(100) % 2
    low, high = bootstrap_interval(lambda rows: values[rows].mean(), [*map(str, range(100))], 2000)
    assert low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.02)
    assert high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.02)


def test_copies_in_a_group_promise_nothing():
    """Ten copies of each of ten values: the interval is that of ten, not of a hundred."""
    values, groups = np.arange(100) % 10, [str(i % 10) for i in range(100)]

    def mean(rows):
        return values[rows].mean()

    alone = bootstrap_interval(lambda rows: rows.mean(), [*map(str, range(10))], 2000)
    grouped = bootstrap_interval(mean, groups, 2000)
    single = bootstrap_interval(mean, [*map(str, range(100))], 2000)
    widths = [high - low for low, high in (alone, grouped, single)]
    assert widths[1] == pytest.approx(widths[0], rel=0.1)
    assert widths[2] == pytest.approx(widths[1] / 10**0.5, rel=0.15)


def test_whole_groups_are_drawn():
    groups = ["a", "b", "a", "c", "b", "a"]
    sizes = {"a": 3, "b": 2, "c": 1}
    drawn = []
    bootstrap_interval(lambda rows: drawn.append(rows) or 0.0, groups, 50)
    assert len(drawn) == 50
    for rows in drawn:
        counts = np.bincount(rows, minlength=6)
        assert counts[0] == counts[2] == counts[5]
        assert counts[1] == counts[4]
        assert sum(counts[groups.index(name)] for name in sizes) == 3


def test_the_same_seed_draws_the_same():
    values = np.random.default_rng(0).normal(size=30)
    groups = [*map(str, range(30))]

    def interval(**seed):
        return bootstrap_interval(lambda rows: values[rows].mean(), groups, 100, **seed)

    assert interval() == interval(seed=0) != interval(seed=1)


def test_a_draw_without_a_figure_is_left_out():
    calls = iter(range(10))
    found = bootstrap_interval(
        lambda rows: float("nan") if next(calls) % 2 else 3.0, ["a", "b"], 10
    )
    assert found == (3.0, 3.0)


@pytest.mark.parametrize(("groups", "draws"), [(["a", "b"], 0), ([], 10), (["a"] * 5, 10)])
def test_without_draws_or_groups_to_draw_there_is_no_interval(groups, draws):
    assert bootstrap_interval(lambda rows: 1.0, groups, draws) is None
