"""One row trained: the same twice, resumed as if nothing had happened, stopped when it diverges."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from support import tiny_config

from gain_tf.config import ConfigError
from gain_tf.data.registry import load_data
from gain_tf.training.checkpoint import checkpoints
from gain_tf.training.divergence import DivergedError, StopOnDivergence
from gain_tf.training.history import read_history
from gain_tf.training.train import annotated_split, schedule_of, train

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(scope="module")
def data():
    return load_data(tiny_config().data)


@pytest.fixture
def interrupting(monkeypatch):
    """Ctrl-C in the second epoch, as a user would press it: from inside a batch."""
    original = StopOnDivergence.on_train_batch_end

    def interrupt(self, batch, logs=None):
        original(self, batch, logs)
        if self.epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(StopOnDivergence, "on_train_batch_end", interrupt)
    return monkeypatch


@pytest.mark.slow
def test_a_resumed_run_is_an_unbroken_run(data, tmp_path, interrupting):
    config = tiny_config(
        training__steps_per_epoch=2,
        data__augmentation={"flip_horizontal": True, "crop": 0.8},
        data__background_swap=0.5,
    )
    with pytest.raises(KeyboardInterrupt):
        train(config, data, tmp_path / "broken")
    assert [path.stem for path in checkpoints(tmp_path / "broken/checkpoints")] == ["epoch-0001"]
    assert not (tmp_path / "broken/model.keras").exists()
    interrupting.undo()
    resumed = train(config, data, tmp_path / "broken")
    unbroken, again = (train(config, data, tmp_path / name) for name in ("whole", "again"))
    # Bit for bit: on a CPU nothing is added up in another order the next time.
    for other in (resumed, again):
        for one, two in zip(other.get_weights(), unbroken.get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)
    assert resumed.optimizer.iterations == 4
    rows, whole = (read_history(tmp_path / name / "metrics.csv") for name in ("broken", "whole"))
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows == whole == read_history(tmp_path / "again/metrics.csv")
    row = rows[-1]
    assert {"loss", "classification", "attention_mining", "box_attention", "zero_maps"} <= set(row)
    assert "val_classification" in row
    # What is done is not done again.
    done = train(tiny_config(training__epochs=9), data, tmp_path / "broken")
    np.testing.assert_array_equal(done.get_weights()[0], resumed.get_weights()[0])


@pytest.mark.slow
def test_a_diverging_run_stops_and_says_which_term(data, tmp_path):
    config = tiny_config(
        guidance={"alpha": 0, "omega": 0},
        training__epochs=9,
        training__optimizer={"learning_rate": 1e25, "schedule": "constant"},
    )
    with pytest.raises(DivergedError, match=r"in epoch \d, step 1: .* is not finite") as raised:
        train(config, data, tmp_path)
    (last, *_) = reversed(checkpoints(tmp_path / "checkpoints"))
    assert int(last.stem[-4:]) == len(read_history(tmp_path / "metrics.csv"))
    assert all(np.isfinite(w).all() for w in keras.saving.load_model(last).get_weights())
    assert not (tmp_path / "model.keras").exists()
    record = json.loads((tmp_path / "diverged.json").read_text())
    epoch, ids = record["epoch"] - 1, data.splits["train"].ids
    shown = schedule_of(config, annotated_split(config, data)).epoch(epoch)["index"]
    assert record["images"] == [ids[index] for index in shown]
    assert record["images"][0] in str(raised.value)


def test_the_budget_of_a_row(data):
    split = annotated_split(tiny_config(data__budget={"boxes": 3, "masks": 2}), data)
    assert (split.has_mask.sum(), split.has_boxes.sum()) == (2, 3)
    with pytest.raises(ConfigError, match=r"data.budget.masks: 9 annotated images asked for, 8"):
        annotated_split(tiny_config(data__budget={"masks": 9}), data)


def test_the_plan_of_a_row(data):
    config = tiny_config(data__budget={"boxes": 3}, data__annotated_share=0.5, seed=5)
    split = annotated_split(config, data)
    plan = schedule_of(config, split)
    np.testing.assert_array_equal(plan.annotated, np.flatnonzero(split.has_boxes))
    assert (plan.images, plan.batch_size, plan.drawn, plan.steps, plan.seed) == (8, 4, 2, 1, 5)


def test_what_is_swapped_in(data):
    changes = {"data__budget": {"boxes": 3}, "data__background_swap": 0.5}
    images = tiny_config(**changes)
    split = annotated_split(images, data)
    assert schedule_of(images, split).backgrounds is None
    cleared = tiny_config(**changes, data__background_swap_with="backgrounds")
    plan = schedule_of(cleared, split)
    assert plan.backgrounds is not None
    np.testing.assert_array_equal(plan.backgrounds, np.flatnonzero(split.has_boxes))
    both = replace(split, labels=np.ones_like(split.labels))
    with pytest.raises(ConfigError, match="of no training image it is known what is background"):
        schedule_of(cleared, both)


@pytest.mark.slow
def test_steps_that_are_executed_together_are_those_of_one_after_the_other(data, tmp_path):
    changes = {"training__steps_per_epoch": 4, "data__augmentation": {"flip_horizontal": True}}
    one, two = (
        train(tiny_config(**changes, training__steps_per_execution=steps), data, tmp_path / name)
        for steps, name in ((1, "one"), (2, "two"))
    )
    assert one.optimizer.iterations == two.optimizer.iterations == 8
    for before, after in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-6)
    rows, same = (read_history(tmp_path / name / "metrics.csv") for name in ("one", "two"))
    for row, expected in zip(same, rows, strict=True):
        assert row == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(("executed", "near"), [(2, 2), (8, 8)])
def test_an_epoch_has_a_multiple_of_the_steps_that_are_executed_together(data, executed, near):
    config = tiny_config(training__steps_per_epoch=3, training__steps_per_execution=executed)
    said = rf"an epoch has 3 steps, .* of {executed}; training\.steps_per_epoch={near} would"
    with pytest.raises(ConfigError, match=said):
        schedule_of(config, annotated_split(config, data))


@pytest.mark.slow
def test_a_model_that_is_not_to_be_had(data, tmp_path):
    for changes, said in (
        ({"model__backbone": "no_such_net"}, "model: .*no_such_net"),
        ({"model__target_layer": "nowhere"}, "model: .*nowhere"),
        ({"model__freeze_until": "nowhere"}, "model.freeze_until: there is no layer 'nowhere'"),
    ):
        with pytest.raises(ConfigError, match=said):
            train(tiny_config(**changes), data, tmp_path)


def test_a_warm_up_of_another_network(data, tmp_path):
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(ConfigError, match=r"training.warm_up_epochs: a row of another network"):
        train(tiny_config(), data, tmp_path, start=other)


@pytest.mark.slow
def test_a_model_that_a_disk_lost_is_made_again_from_the_last_checkpoint(data, tmp_path, caplog):
    config = tiny_config()
    before = train(config, data, tmp_path).get_weights()
    path = tmp_path / "model.keras"
    path.write_bytes(path.read_bytes()[:1000])
    again = train(config, data, tmp_path)
    assert "model.keras: is no model that can be loaded: it is damaged" in caplog.text
    for one, two in zip(before, again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert [row["epoch"] for row in read_history(tmp_path / "metrics.csv")] == [1, 2]
    keras.saving.load_model(path)
