"""Rows held against one another: which, over which seeds, and how sure."""

import pytest
from scipy.stats import t as student

from gain_tf.errors import UserError
from gain_tf.studies.against import COMPARED, held_against, seed_difference
from gain_tf.studies.heading import Heading
from gain_tf.studies.markdown import markdown
from gain_tf.studies.summary import summarised


def test_a_difference_over_seeds_by_hand():
    # Mean 4, deviations -2, 0, 2: variance 4, and its error 2 / sqrt(3).
    found = seed_difference([2.0, 4.0, 6.0])
    assert found.mean == pytest.approx(4, abs=1e-12)
    assert found.half == pytest.approx(4.302653 * 2 / 3**0.5, abs=1e-5)
    assert student.ppf(0.975, 2) == pytest.approx(4.302653, abs=1e-6)
    assert not found.settled
    assert seed_difference([3.0, 4.0, 5.0]).settled
    alone = seed_difference([9.0])
    assert (alone.mean, alone.half, alone.settled) == (9.0, None, False)


def test_seeds_and_points_that_both_rows_have_are_compared(judged):
    yes, no = {"x": True, "y": True}, {"x": True, "y": False}
    wide, narrow = {"boxes": 2}, {"boxes": 4}
    runs = [
        judged("guided", 1, yes, energy=0.5, point=wide),
        judged("swap", 1, no, energy=0.25, point=wide),
        judged("guided", 2, no, energy=0.75, point=wide),
        judged("swap", 2, no, energy=0.375, point=wide),
        judged("guided", 3, yes, energy=0.5, point=wide),
        judged("guided", 1, yes, point=narrow),
        judged("swap", 1, yes, energy=0.5, point=narrow),
    ]
    first, second = held_against(runs, [("guided", "swap"), ("guided", "rolled")])
    assert (first.point, first.row, first.other) == (wide, "guided", "swap")
    assert first.accuracy.by_seed == (0.5, 0.0)
    energy = [key for _, _, key in COMPARED].index("energy_in_mask")
    found = first.figures[energy]
    assert found is not None
    assert found.mean == pytest.approx((0.25 + 0.375) / 2, abs=1e-12)
    assert first.elsewhere == {}
    assert second.point == narrow
    assert second.figures == (None,) * len(COMPARED)


def test_rows_judged_on_other_images_are_not_compared(judged):
    runs = [judged("guided", 1, {"x": True}), judged("swap", 1, {"z": True})]
    with pytest.raises(UserError, match="swap-1-None: was judged on other images than"):
        held_against(runs, [("guided", "swap")])


def test_the_table_of_differences(judged):
    runs = [
        judged("guided", seed, {"x": True, "y": True}, energy=energy)
        for seed, energy in ((1, 0.5), (2, 0.6))
    ]
    runs += [judged("swap", seed, {"x": True, "y": seed == 2}, energy=0.25) for seed in (1, 2)]
    for run, accuracy in zip(runs, (0.5, 0.7, 0.4, 0.4), strict=True):
        run.figures["splits"] = {"dusk": {"classification": {"accuracy": accuracy}}}
    comparisons = held_against(runs, [("guided", "swap")])
    heading = Heading("some", "gain-tf study some.yaml", (1, 2), 2, "test", "")
    *_, head, _, line = markdown(heading, summarised(runs), comparisons).splitlines()
    assert head == "| row | over | accuracy | seed by seed | energy in mask | accuracy on dusk |"
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:2] == ["guided", "swap"]
    assert cells[2].startswith("+25.0 [")
    assert cells[3] == "+50.0, +0.0"
    # The mean of 25 and 35 points; t(1) = 12.706, error 5.
    assert cells[4] == "+30.0 [-33.5, +93.5]"
    # 10 and 30.
    assert cells[5] == "+20.0 [-107.1, +147.1]"
    assert "Rows over one another" not in markdown(heading, summarised(runs))
