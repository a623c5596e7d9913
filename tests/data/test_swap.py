"""An annotated object before another image's background."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from gain_tf.data.swap import (
    clear_objects,
    foreground,
    known_backgrounds,
    swap_background,
)

LABELS = tf.constant([1.0, 0, 0, 0, 0, 1])
BOXES = tf.constant([[0.25, 0.0, 0.75, 0.5], [0.0, 0.75, 0.25, 1.0], [0.0, 0.0, 1.0, 1.0]])


@pytest.mark.parametrize("nothing", [0, 255])
def test_boxes_where_the_mask_shows_nothing(nothing):
    mask = tf.fill([4, 4], tf.constant(nothing, tf.uint8))
    inside = foreground(mask, BOXES, tf.constant([0, 5, -1]), LABELS)
    expected = [[0, 0, 0, 1], [1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_array_equal(inside, np.array(expected, bool))


def test_what_the_mask_does_not_call_background():
    mask = np.zeros((4, 4), np.uint8)
    mask[3, 1:3] = 2
    mask[0] = 255
    labels = tf.one_hot(1, 6)
    inside = foreground(tf.constant(mask), BOXES, tf.constant([0, 5, -1]), labels).numpy()
    np.testing.assert_array_equal(inside, mask > 0)


def test_boxes_of_one_class_do_not_make_the_other_background():
    mask = tf.zeros([4, 4], tf.uint8)
    assert foreground(mask, BOXES, tf.constant([0, -1, -1]), LABELS).numpy().all()
    one = tf.one_hot(0, 6)
    assert not foreground(mask, BOXES, tf.constant([0, -1, -1]), one).numpy().all()


def test_a_mask_of_one_class_does_not_make_the_other_background():
    mask = np.zeros((4, 4), np.uint8)
    mask[0] = 1
    none = tf.constant([-1, -1, -1])
    assert foreground(tf.constant(mask), BOXES, none, LABELS).numpy().all()
    mask[1] = 6
    inside = foreground(tf.constant(mask), BOXES, none, LABELS).numpy()
    np.testing.assert_array_equal(inside, mask > 0)


def test_no_annotation_is_no_foreground():
    mask = tf.zeros([4, 4], tf.uint8)
    assert not foreground(mask, BOXES, tf.constant([-1, -1, -1]), LABELS).numpy().any()


def test_the_object_stays_and_the_rest_goes(rng):
    image, other = (tf.constant(rng.uniform(size=(4, 4, 3))) for _ in range(2))
    keep = rng.uniform(size=(4, 4)) < 0.5
    swapped = swap_background(image, other, tf.constant(keep)).numpy()
    np.testing.assert_array_equal(swapped[keep], image.numpy()[keep])
    np.testing.assert_array_equal(swapped[~keep], other.numpy()[~keep])
    np.testing.assert_array_equal(swap_background(image, other, tf.zeros([4, 4], tf.bool)), image)


def test_objects_are_tiled_over_by_the_largest_strip_of_background():
    """Four rows of six columns, objects in rows 1 to 2, columns 0 to 1: right of them lie 4 x 4."""
    image = np.arange(24.0).reshape(4, 6, 1).repeat(3, axis=2)
    objects = np.zeros((4, 6), bool)
    objects[1, 0] = objects[2, 1] = True
    found = clear_objects(tf.constant(image), tf.constant(objects)).numpy()[..., 0]
    expected = image[..., 0].copy()
    # The strip begins at row 0, column 2; its first cells come to lie on the box's first cells.
    expected[1:3, 0:2] = [[2, 3], [8, 9]]
    np.testing.assert_array_equal(found, expected)


def test_a_strip_smaller_than_the_objects_is_repeated():
    image = np.arange(5.0).reshape(5, 1, 1).repeat(2, axis=1).repeat(3, axis=2)
    objects = np.ones((5, 2), bool)
    objects[:2] = False
    found = clear_objects(tf.constant(image), tf.constant(objects)).numpy()
    np.testing.assert_array_equal(found[:, 0, 0], [0, 1, 0, 1, 0])


def test_objects_from_edge_to_edge_take_the_mean_background():
    image = tf.constant(np.arange(9.0).reshape(3, 3, 1).repeat(3, axis=2))
    cross = tf.constant([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) > 0
    found = clear_objects(image, cross).numpy()
    np.testing.assert_array_equal(found, np.full((3, 3, 3), (0 + 2 + 6 + 8) / 4))
    for nothing_to_do in (tf.zeros([3, 3], tf.bool), tf.ones([3, 3], tf.bool)):
        np.testing.assert_array_equal(clear_objects(image, nothing_to_do), image)


def test_what_is_known_of_backgrounds(make_split):
    split = make_split([0, 1, 2, 0, 1, 0, 0])
    labels = split.labels.copy()
    labels[3:5, 2] = 1  # a second class, which mask and boxes do not show
    labels[5:] = [[0, 0, 0], [0, 1, 0]]
    mask_shows = np.zeros_like(split.mask_shows)
    mask_shows[0, 0] = mask_shows[3, 0] = True
    boxed = {1: [1], 4: [1], 5: []}
    split = replace(
        split,
        labels=labels,
        mask_shows=mask_shows,
        boxes=[np.zeros((len(boxed.get(i, [])), 4), np.float32) for i in range(7)],
        box_labels=[np.array(boxed.get(i, []), np.int32) for i in range(7)],
    )
    assert known_backgrounds(split).tolist() == [0, 1, 5]
    assert known_backgrounds(split, [1]).tolist() == [0, 1, 5, 6]
