"""The rendered boats, cars and sheep, on their own grounds and on others."""

import numpy as np
import pytest

from gain_tf.config import parse_config
from gain_tf.data.files import DataError
from gain_tf.data.registry import load_data
from gain_tf.data.synthetic.boat import (
    GROUNDS,
    THINGS,
    BoatScene,
    plan_boat,
    plan_without_ground,
    plan_without_thing,
)

SIZES = {"train": 16, "validation": 4, "test": 6}
SIDE = 64


def load(image_size=(SIDE, SIDE), **settings):
    data = {"name": "boat", "image_size": image_size, "boat": {**SIZES, **settings}}
    return load_data(parse_config({"name": "x", "data": data}).data)


@pytest.fixture(scope="module")
def boat():
    return load()


def test_the_splits(boat):
    sizes = {"without_ground": 6, "without_thing": 6, "unbiased": 4, **SIZES, "test": 12}
    assert {name: len(split) for name, split in boat.splits.items()} == sizes
    assert boat.evaluated == "test"
    assert not boat.single_label
    assert boat.class_names == ("boat", "car", "sheep")
    np.testing.assert_array_equal(boat.splits["train"].labels.sum(axis=0), [4, 4, 4])
    np.testing.assert_array_equal(boat.splits["without_ground"].labels.sum(axis=0), [2, 2, 2])
    assert not boat.splits["without_thing"].labels.any()


def test_test_is_both_test_sets(boat):
    test = boat.splits["test"]
    parts = [boat.splits["without_ground"], boat.splits["without_thing"]]
    assert list(test.ids) == [name for part in parts for name in part.ids]
    np.testing.assert_array_equal(test.labels, np.concatenate([part.labels for part in parts]))
    for index in range(12):
        part, own = parts[index // 6], index % 6
        np.testing.assert_array_equal(test.pictures.image(index), part.pictures.image(own))
        np.testing.assert_array_equal(test.pictures.mask(index), part.pictures.mask(own))
        np.testing.assert_array_equal(test.boxes[index], part.boxes[own])


def test_boxes_labels_and_mask_agree(boat):
    for split in boat.splits.values():
        np.testing.assert_array_equal(split.has_mask, split.labels.any(axis=1))
        np.testing.assert_array_equal(split.mask_shows, split.labels > 0)
        for index in range(len(split)):
            mask, boxes = split.pictures.mask(index).copy(), split.boxes[index] * SIDE
            assert {label + 1 for label in split.box_labels[index]} == set(np.unique(mask)) - {0}
            np.testing.assert_allclose(boxes, np.rint(boxes), rtol=0, atol=1e-4)
            if len(boxes):
                rows, columns = np.nonzero(mask)
                around = [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
                ends = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
                np.testing.assert_allclose(ends, around, rtol=0, atol=1e-4)
            for y0, x0, y1, x1 in boxes.round().astype(int):
                mask[y0:y1, x0:x1] = 0
            assert not mask.any()


@pytest.mark.parametrize("thing", range(len(THINGS)))
@pytest.mark.parametrize("ground", [0, 4])
def test_the_mask_is_where_the_thing_is(thing, ground):
    """Without the thing the same picture differs under the mask, in its shadow, and nowhere far."""
    full = BoatScene(7, thing, ground, 3).render(128)
    empty = BoatScene(7, None, ground, 3).render(128)
    change = np.abs(full.image.astype(int) - empty.image).max(axis=-1)
    inside = full.mask > 0
    assert 0.008 < inside.mean() < 0.25
    assert np.median(change[inside]) > 25
    above = slice(0, max(0, np.flatnonzero(inside.any(axis=1))[0] - 2))
    assert np.median(change[above]) <= 2
    assert np.median(change[~inside]) <= 3


def test_another_ground_leaves_the_sky_and_the_thing_where_they_are():
    scenes = [BoatScene(2, 1, ground, 3).render(64) for ground in range(1, len(GROUNDS))]
    assert len({scene.mask.tobytes() for scene in scenes}) == 1
    assert len({scene.image.tobytes() for scene in scenes}) == len(scenes)
    tops = [scene.image[:8].astype(int) for scene in scenes]
    assert all(np.abs(top - tops[0]).mean() < 2 for top in tops)


def table(scenes):
    counts = np.zeros((len(THINGS) + 1, len(GROUNDS)))
    for scene in scenes:
        counts[-1 if scene.thing is None else scene.thing, scene.ground] += 1
    return counts / counts.sum(axis=1, keepdims=True)


def test_full_bias_ties_things_and_grounds_both_ways():
    share = table(plan_boat(400, bias=1.0, seed=2))
    np.testing.assert_array_equal(share[:3, :3], np.eye(3))
    # No water without a boat either.
    np.testing.assert_array_equal(share[3, :3], 0)
    assert share[3, 3:].min() > 0.2


def test_no_bias_leaves_them_independent():
    # Of 2,000 of each row one in six; four standard deviations of .0083.
    np.testing.assert_allclose(table(plan_boat(8000, bias=0.0, seed=2)), 1 / 6, atol=0.034)


def test_bias_is_the_probability_of_the_own_ground():
    share = table(plan_boat(8000, bias=0.9, seed=2))
    # By the bias, or by chance with one in six.
    np.testing.assert_allclose(np.diag(share[:3]), 0.9 + 0.1 / 6, atol=0.025)
    assert share[3, 3:].sum() == pytest.approx(0.9 + 0.1 / 2, abs=0.02)


def test_test_sets_turn_the_bias_round():
    share = table([*plan_without_ground(900, seed=4), *plan_without_thing(300, seed=5)])
    np.testing.assert_array_equal(np.diag(share[:3]), 0)
    np.testing.assert_allclose(share[:3][~np.eye(3, 6, dtype=bool)], 0.2, atol=0.1)
    np.testing.assert_allclose(share[3], [1 / 3, 1 / 3, 1 / 3, 0, 0, 0])


def test_the_same_seed_renders_the_same(boat):
    again, other = load(), load(seed=1)
    for name in ("train", "without_ground", "without_thing"):
        images = boat.splits[name].pictures.images
        np.testing.assert_array_equal(images, again.splits[name].pictures.images)
        assert (images != other.splits[name].pictures.images).mean() > 0.5


def test_a_shorter_split_is_a_prefix():
    long, short = (plan_boat(n, bias=0.5, seed=3) for n in (30, 7))
    assert long[:7] == short


def test_images_are_square():
    with pytest.raises(DataError, match=r"data.image_size: boat images are square, not 64 x 96"):
        load(image_size=(64, 96))
