"""From splits to batches."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from gain_tf.config import Augmentation, Budget
from gain_tf.data.budget import within_budget
from gain_tf.data.pipeline import evaluation_batches, resize_image, training_batches
from gain_tf.data.schedule import Schedule

LABELS = [0, 1, 2] * 4
SIZE = (8, 8)


def schedule(split, **changes):
    plan = {
        "images": len(split),
        "annotated": np.flatnonzero(split.has_mask | split.has_boxes),
        "batch_size": 4,
        "annotated_share": 0.25,
        "background_swap": 0.0,
        "steps_per_epoch": None,
        "seed": 1,
    }
    return Schedule(**{**plan, **changes})


def batches(split, plan, augmentation=None, size=SIZE, **epochs):
    augmentation = augmentation or Augmentation()
    stream = training_batches(split, plan, size, augmentation, **{"epochs": 1, **epochs})
    return list(stream.as_numpy_iterator())


def assert_same(one, two):
    assert len(one) == len(two)
    for (example, labels), (other, other_labels) in zip(one, two, strict=True):
        np.testing.assert_array_equal(labels, other_labels)
        for name, value in example.items():
            np.testing.assert_array_equal(value, other[name], err_msg=name)


@pytest.fixture
def split(make_split):
    return within_budget(make_split(LABELS), Budget(masks=3, boxes=3), 1)


LIVELY = Augmentation(crop=0.6, flip_horizontal=True, brightness=0.2)


def test_the_same_plan_gives_the_same_batches(split):
    plan = schedule(split, background_swap=0.5)
    one, again = (batches(split, plan, LIVELY, epochs=2) for _ in range(2))
    assert len(one) == 2 * plan.steps == 8
    assert_same(one, again)
    other = batches(split, replace(plan, seed=2), LIVELY, epochs=2)
    assert any((a[0]["image"] != b[0]["image"]).any() for a, b in zip(one, other, strict=True))


def test_a_resumed_stream_goes_on(split):
    plan = schedule(split, background_swap=0.5)
    whole = batches(split, plan, LIVELY, epochs=3)
    assert_same(whole[plan.steps :], batches(split, plan, LIVELY, epochs=3, initial_epoch=1))


def test_what_a_batch_holds(split):
    plan = schedule(split)
    index = plan.epoch(0)["index"].reshape(-1, 4)
    for rows, (example, labels) in zip(index, batches(split, plan), strict=True):
        np.testing.assert_array_equal(labels, split.labels[rows])
        np.testing.assert_array_equal(example["image"], split.pictures.images[rows])
        assert example["image"].dtype == np.float32
        np.testing.assert_array_equal(example["has_mask"], split.has_mask[rows])
        np.testing.assert_array_equal(example["has_boxes"], split.has_boxes[rows])
        for row, mask in zip(rows, example["mask"], strict=True):
            expected = split.pictures.masks[row] if split.has_mask[row] else 255
            np.testing.assert_array_equal(mask, np.broadcast_to(expected, (8, 8)))


def test_boxes_are_padded(split):
    boxes, labels = list(split.boxes), list(split.box_labels)
    boxes[4] = np.array([[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]], np.float32)
    labels[4] = np.array([1, 0], np.int32)
    split = replace(split, boxes=boxes, box_labels=labels)
    ((example, _),) = evaluation_batches(split, SIZE, 12).as_numpy_iterator()
    assert example["boxes"].shape == (12, 2, 4)
    for index in range(12):
        count = len(boxes[index])
        np.testing.assert_array_equal(example["boxes"][index, :count], boxes[index])
        assert (example["boxes"][index, count:] == 0).all()
        padded = [*labels[index].tolist(), *[-1] * (2 - count)]
        assert example["box_labels"][index].tolist() == padded


def test_without_any_box_there_is_one_row_of_padding(make_split):
    split = within_budget(make_split(LABELS), Budget(), 1)
    ((example, _),) = evaluation_batches(split, SIZE, 12).as_numpy_iterator()
    assert example["boxes"].shape == (12, 1, 4)
    assert (example["box_labels"] == -1).all()
    assert not example["has_boxes"].any()


def test_evaluation_in_order_once_and_unchanged(make_split):
    split = make_split(LABELS)
    found = list(evaluation_batches(split, SIZE, 5).as_numpy_iterator())
    assert [len(labels) for _, labels in found] == [5, 5, 2]
    images = np.concatenate([example["image"] for example, _ in found])
    np.testing.assert_array_equal(images, split.pictures.images)
    masks = np.concatenate([example["mask"] for example, _ in found])
    np.testing.assert_array_equal(masks, split.pictures.masks)


def test_images_shrink_antialiased_and_masks_by_nearest(make_split):
    split = make_split([0, 1], side=8)
    ((example, _),) = evaluation_batches(split, (3, 5), 2).as_numpy_iterator()
    expected = tf.image.resize(split.pictures.images, (3, 5), antialias=True)
    np.testing.assert_allclose(example["image"], expected, rtol=0, atol=1e-4)
    assert np.abs(example["image"] - tf.image.resize(split.pictures.images, (3, 5))).max() > 1
    assert set(np.unique(example["mask"])) <= {0, 1, 2}
    nearest = tf.image.resize(split.pictures.masks[..., None], (3, 5), method="nearest")
    np.testing.assert_array_equal(example["mask"], nearest[..., 0])


def test_resize_by_hand():
    """Four pixels to two: a triangle of width 4 weighs them 3, 3, 1 at an edge."""
    row = tf.constant([[0.0, 70.0, 140.0, 210.0]])[..., tf.newaxis]
    shrunk = resize_image(tf.tile(row, [1, 1, 3]), (1, 2)).numpy()[0, :, 0]
    expected = [(3 * 0 + 3 * 70 + 140) / 7, (70 + 3 * 140 + 3 * 210) / 7]
    np.testing.assert_allclose(shrunk, expected, rtol=0, atol=1e-3)


def test_background_swap_composites(split):
    plan = schedule(split, background_swap=1.0)
    epoch = plan.epoch(0)
    assert epoch["swap"].sum() >= plan.steps
    stream = batches(split, plan)
    images = np.concatenate([example["image"] for example, _ in stream])
    masks = np.concatenate([example["mask"] for example, _ in stream])
    differing = 0
    for position, index in enumerate(epoch["index"]):
        own, other = (split.pictures.images[i] for i in (index, epoch["partner"][position]))
        inside = np.zeros((8, 8), bool)
        inside[2:5, 1:4] = True
        expected = np.where(inside[..., None], own, other) if epoch["swap"][position] else own
        np.testing.assert_array_equal(images[position], expected)
        differing += (expected != own).any()
        if split.has_mask[index]:
            np.testing.assert_array_equal(masks[position], split.pictures.masks[index])
    assert differing >= plan.steps // 2


def test_background_swap_shows_no_object_of_the_other_image(split):
    """The other image's box is elsewhere; what is in it is covered by what is beside it."""
    other = int(np.flatnonzero(split.has_boxes)[0])
    boxes = list(split.boxes)
    boxes[other] = np.array([[0.0, 0.5, 1.0, 1.0]], np.float32)
    plan = schedule(replace(split, boxes=boxes), background_swap=1.0, backgrounds=np.array([other]))
    epoch = plan.epoch(0)
    assert set(epoch["partner"]) == {other}
    stream = batches(replace(split, boxes=boxes), plan)
    images = np.concatenate([example["image"] for example, _ in stream])
    left = split.pictures.images[other][:, :4]
    swapped = epoch["swap"] & (epoch["index"] != other)
    assert swapped.any()
    for position in np.flatnonzero(swapped):
        expected = np.concatenate([left, left], axis=1)
        expected[2:5, 1:4] = split.pictures.images[epoch["index"][position]][2:5, 1:4]
        np.testing.assert_array_equal(images[position], expected)


def test_shapes_are_static(split):
    stream = training_batches(split, schedule(split), SIZE, LIVELY, epochs=1)
    example, labels = stream.element_spec
    assert example["image"].shape == (4, 8, 8, 3)
    assert example["mask"].shape == (4, 8, 8)
    assert example["boxes"].shape == (4, 1, 4)
    assert labels.shape == (4, 3)
