"""An annotated object before another image's background."""

import numpy as np
import pytest
import tensorflow as tf

from gain_tf.data.swap import foreground, swap_background

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
    inside = foreground(tf.constant(mask), BOXES, tf.constant([0, 5, -1]), LABELS).numpy()
    np.testing.assert_array_equal(inside, mask > 0)


def test_boxes_of_one_class_do_not_make_the_other_background():
    mask = tf.zeros([4, 4], tf.uint8)
    assert foreground(mask, BOXES, tf.constant([0, -1, -1]), LABELS).numpy().all()
    one = tf.one_hot(0, 6)
    assert not foreground(mask, BOXES, tf.constant([0, -1, -1]), one).numpy().all()


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
