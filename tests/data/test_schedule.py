"""Which images make up the batches of an epoch."""

import numpy as np
import pytest

from gain_tf.data.schedule import Schedule
from gain_tf.data.shard import Shard

PLAN = {
    "images": 30,
    "annotated": np.array([3, 7, 11]),
    "batch_size": 8,
    "annotated_share": 0.25,
    "background_swap": 0.5,
    "steps_per_epoch": None,
    "seed": 1,
}


def test_an_epoch_is_a_function_of_seed_and_number():
    one, two = Schedule(**PLAN), Schedule(**PLAN)
    two.epoch(0)
    for number in (0, 5):
        first, again = one.epoch(number), two.epoch(number)
        assert list(first) == ["index", "partner", "swap", "seed"]
        for name, column in first.items():
            np.testing.assert_array_equal(column, again[name])
    assert (one.epoch(0)["index"] != one.epoch(1)["index"]).any()
    assert (one.epoch(0)["index"] != Schedule(**{**PLAN, "seed": 2}).epoch(0)["index"]).any()


def test_types_and_sizes():
    schedule = Schedule(**PLAN)
    epoch = schedule.epoch(0)
    assert schedule.steps == 5
    types = {name: (column.dtype, column.shape) for name, column in epoch.items()}
    assert types == {
        "index": (np.int64, (40,)),
        "partner": (np.int64, (40,)),
        "swap": (bool, (40,)),
        "seed": (np.int32, (40, 2)),
    }
    assert epoch["partner"].min() >= 0
    assert epoch["partner"].max() < 30
    assert len(np.unique(epoch["seed"], axis=0)) == 40


def test_the_share_of_the_annotated():
    batches = Schedule(**PLAN).epoch(0)["index"].reshape(5, 8)
    assert np.isin(batches[:, :2], [3, 7, 11]).all()
    # 10 draws from a pool of three: nobody comes a fourth time before all came three times.
    assert sorted(np.bincount(batches[:, :2].ravel())[[3, 7, 11]]) == [3, 3, 4]
    assert sorted(batches[:, 2:].ravel()) == list(range(30))


def test_every_image_once_without_a_pool():
    schedule = Schedule(**{**PLAN, "annotated": np.array([], int), "batch_size": 6})
    assert (schedule.drawn, schedule.steps) == (0, 5)
    epoch = schedule.epoch(3)
    assert sorted(epoch["index"]) == list(range(30))
    assert not epoch["swap"].any()


def test_workers_get_parts_of_what_one_would_get():
    """The same images in each batch, changed in the same way, and each its share of the pool."""

    def of_a_step(epoch, batch):
        rows = zip(
            *(map(tuple, values.reshape(len(values), -1)) for values in epoch.values()), strict=True
        )
        listed = list(rows)
        return [sorted(listed[start : start + batch]) for start in range(0, len(listed), batch)]

    alone = Schedule(**PLAN)
    parts = [Schedule(**PLAN, replicas=2, worker=Shard(number, 2)) for number in (1, 2)]
    assert [part.prepared for part in parts] == [4, 4]
    own = [part.own(3) for part in parts]
    first, second = (of_a_step(part, 4) for part in own)
    both = [sorted(one + two) for one, two in zip(first, second, strict=True)]
    assert both == of_a_step(alone.epoch(3), 8)
    for part in own:
        assert np.isin(part["index"].reshape(5, 4)[:, 0], [3, 7, 11]).all()
    assert (alone.own(3)["index"] == alone.epoch(3)["index"]).all()
    assert alone.prepared == 8


@pytest.mark.parametrize(("steps", "most"), [(1, 1), (12, 3)])
def test_steps_may_be_given(steps, most):
    index = Schedule(**{**PLAN, "steps_per_epoch": steps}).epoch(0)["index"]
    assert len(index) == steps * 8
    counts = np.bincount(index.reshape(steps, 8)[:, 2:].ravel(), minlength=30)
    assert counts.max() == most
    assert counts.max() - counts.min() <= 1


def test_a_batch_larger_than_the_data():
    schedule = Schedule(**{**PLAN, "images": 4, "annotated": np.array([0]), "batch_size": 16})
    assert schedule.steps == 1
    np.testing.assert_array_equal(np.bincount(schedule.epoch(0)["index"]), [7, 3, 3, 3])


def test_nothing_but_annotated():
    schedule = Schedule(**{**PLAN, "annotated_share": 1.0, "steps_per_epoch": 3})
    np.testing.assert_array_equal(np.unique(schedule.epoch(0)["index"]), [3, 7, 11])


@pytest.mark.parametrize(("probability", "low", "high"), [(0.0, 0, 0), (0.5, 0.4, 0.6), (1, 1, 1)])
def test_only_the_annotated_are_swapped(probability, low, high):
    plan = {**PLAN, "background_swap": probability, "steps_per_epoch": 200}
    epoch = Schedule(**plan).epoch(0)
    annotated = np.isin(epoch["index"], [3, 7, 11])
    assert not epoch["swap"][~annotated].any()
    assert low <= epoch["swap"][annotated].mean() <= high
    assert annotated.sum() > 400
