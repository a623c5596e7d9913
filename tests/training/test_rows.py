"""The rows of a comparison."""

import pytest

from gain_tf.config import ConfigError, parse_config
from gain_tf.training.rows import (
    asked_for,
    fit_together,
    has_all_rows_of,
    joined,
    rows_of,
    warm_up_row,
)


def config(**sections):
    return parse_config({"name": "a", "data": {"budget": {"boxes": 5}}, **sections})


def test_the_plain_baseline_first():
    baseline, guided = rows_of(config())
    assert (baseline.name, guided.name) == ("baseline", "guided")
    assert (baseline.config.guidance.alpha, baseline.config.guidance.omega) == (0, 0)
    assert guided.changes == {}
    assert guided.config == config()
    # Same seed and data: the annotated share of every batch too.
    assert baseline.config.data == guided.config.data
    assert baseline.config.seed == guided.config.seed


@pytest.mark.parametrize(
    ("sections", "names"),
    [
        ({"evaluation": {"baseline": False}}, ["guided"]),
        ({"guidance": {"alpha": 0, "omega": 0}}, ["guided"]),
        ({"guidance": {"alpha": 0}}, ["baseline", "guided"]),
        ({"evaluation": {"control": True}}, ["baseline", "guided", "control"]),
        (
            {"evaluation": {"control": True, "rows": {"swap": {"data.background_swap": 0.5}}}},
            ["baseline", "guided", "control", "swap"],
        ),
    ],
)
def test_which_rows(sections, names):
    rows = rows_of(config(**sections))
    assert [row.name for row in rows] == names
    assert all(row.config.evaluation.rows == {} for row in rows)


def test_the_control_is_rolled_and_nothing_else():
    control = rows_of(config(evaluation={"control": True}))[-1]
    assert control.config.data.budget.placement == "rolled"
    assert control.config.data.budget.boxes == 5
    assert control.config.guidance == config().guidance


def test_a_row_of_one_s_own():
    rows = {"no mining": {"guidance.alpha": 0.0, "data.budget.masks": 3}}
    row = rows_of(config(evaluation={"rows": rows}))[-1]
    assert (row.name, row.changes) == ("no mining", rows["no mining"])
    assert (row.config.guidance.alpha, row.config.guidance.omega) == (0.0, 10.0)
    assert (row.config.data.budget.masks, row.config.data.budget.boxes) == (3, 5)


def test_the_warm_up_sees_no_annotation():
    assert warm_up_row(config()) is None
    row = warm_up_row(config(training={"warm_up_epochs": 3, "epochs": 7}))
    assert row.name == "warm_up"
    assert (row.config.training.epochs, row.config.training.warm_up_epochs) == (3, 0)
    assert (row.config.guidance.alpha, row.config.guidance.omega) == (0, 0)
    budget = row.config.data.budget
    assert (budget.masks, budget.boxes, row.config.data.background_swap) == (0, 0, 0.0)


def test_the_warm_up_has_settings_of_its_own():
    changes = {"training.optimizer.learning_rate": 0.5, "model.freeze_until": None}
    settings = {"warm_up_epochs": 3, "warm_up": changes}
    row = warm_up_row(config(training=settings, model={"freeze_until": "a"}))
    assert row.config.training.optimizer.learning_rate == 0.5
    assert (row.config.model.freeze_until, row.config.training.warm_up) == (None, {})
    assert row.changes.items() >= changes.items()
    rows = rows_of(config(training=settings, model={"freeze_until": "a"}))
    assert {
        (r.config.training.optimizer.learning_rate, r.config.model.freeze_until) for r in rows
    } == {(0.01, "a")}


def test_some_rows_alone():
    rows = rows_of(config(evaluation={"control": True}))
    assert asked_for(rows, None) == rows
    assert [row.name for row in asked_for(rows, ["control", "baseline"])] == ["baseline", "control"]
    with pytest.raises(ConfigError, match="no row swap; the run has baseline, guided, control"):
        asked_for(rows, ["swap", "guided"])


def with_rows(rows, **sections):
    return config(evaluation={"rows": rows}, **sections)


SWAP = {"swap": {"data.background_swap": 0.5}}


@pytest.mark.parametrize(
    ("larger", "smaller", "expected"),
    [
        (with_rows({}), with_rows({}), True),
        (with_rows(SWAP), with_rows({}), True),
        (with_rows({}), with_rows(SWAP), False),
        (with_rows(SWAP), with_rows({"swap": {"data.background_swap": 0.7}}), False),
        (with_rows(SWAP, seed=2), with_rows({}), False),
        (with_rows({}, run={"parallel": 2}), with_rows({}), True),
        (config(), config(evaluation={"baseline": False}), True),
        (config(evaluation={"figures": 3}), config(), False),
    ],
)
def test_which_configs_have_all_rows_of_others(larger, smaller, expected):
    assert has_all_rows_of(larger, smaller) == expected


def test_a_row_keeps_its_network_where_it_is():
    early = {"early": {"guidance.alpha": 0.5}}
    late = {"late": {"guidance.alpha": 0.5, "segmenter.epochs": 2}}
    assert has_all_rows_of(with_rows(late | early), with_rows(late))
    assert not has_all_rows_of(with_rows(early | late), with_rows(late))


MASKS = {"masks": {"data.budget.masks": 3}}


def test_joined_rows():
    both = joined(with_rows(MASKS), config(evaluation={"rows": SWAP, "control": True}))
    assert [row.name for row in rows_of(both)] == ["baseline", "guided", "control", "masks", "swap"]
    assert both.evaluation.baseline


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (with_rows(SWAP), with_rows(MASKS), True),
        (with_rows(SWAP), config(evaluation={"rows": {}, "control": True}), True),
        (with_rows(SWAP | MASKS), with_rows({"swap": {"data.background_swap": 0.7}}), False),
        (with_rows(SWAP, seed=2), with_rows(MASKS), False),
        # Each would share the network of the other.
        (
            with_rows({"a": {"guidance.alpha": 0.5}}),
            with_rows({"b": {"guidance.alpha": 0.5}}),
            False,
        ),
    ],
)
def test_which_rows_fit_into_one_run(one, other, expected):
    assert fit_together(one, other) == expected
    assert fit_together(other, one) == expected
