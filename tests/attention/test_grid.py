"""Masks and boxes at the resolution of the map."""

import numpy as np
import pytest
import reference
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gain_tf.attention import area_average, box_coverage

SIZES = st.integers(1, 9)
FEW = settings(deadline=None, max_examples=40)


def test_area_average_by_hand():
    image = tf.constant([[[1.0, 3.0, 5.0, 7.0], [1.0, 3.0, 5.0, 7.0]]], tf.float64)
    np.testing.assert_allclose(area_average(image, 1, 2), [[[2.0, 6.0]]], rtol=0, atol=1e-12)
    # a cell of 4/3 pixels: (1 + 3/3) / (4/3), (2/3 3 + 2/3 5) / (4/3), (5/3 + 7) / (4/3)
    np.testing.assert_allclose(area_average(image, 1, 3), [[[1.5, 4.0, 6.5]]], rtol=0, atol=1e-12)
    # a finer grid repeats the pixels
    np.testing.assert_allclose(
        area_average(image[:, :, :2], 2, 4), [[[1, 1, 3, 3]] * 2], rtol=0, atol=1e-12
    )


@FEW
@given(SIZES, SIZES, SIZES, SIZES, st.integers(0, 1000))
def test_area_average_keeps_the_mean_and_agrees_with_the_reference(h, w, height, width, seed):
    images = np.random.default_rng(seed).uniform(size=(2, h, w))
    made = area_average(tf.constant(images), height, width).numpy()
    assert made.shape == (2, height, width)
    np.testing.assert_allclose(made.mean(axis=(1, 2)), images.mean(axis=(1, 2)), atol=1e-12)
    expected = [reference.area_average(image, height, width) for image in images]
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-12)


def test_area_average_in_float32_at_the_size_of_a_photograph(rng):
    images = rng.uniform(size=(1, 321, 497)).astype(np.float32)
    made = area_average(tf.constant(images), 14, 21)
    expected = reference.area_average(images[0].astype(float), 14, 21)
    np.testing.assert_allclose(made[0], expected, rtol=0, atol=1e-4)


def test_box_coverage_by_hand():
    boxes = tf.constant([[[0.0, 0.25, 0.5, 1.0], [0.75, 0.0, 1.0, 0.5], [0.0, 0.0, 1.0, 1.0]]])
    drawn = box_coverage(boxes, tf.constant([[True, True, False]]), 2, 2)
    np.testing.assert_allclose(drawn, [[[0.5, 1.0], [0.5, 0.0]]], rtol=0, atol=1e-6)


def test_the_largest_share_counts_where_boxes_overlap():
    boxes = tf.constant([[[0.0, 0.0, 1.0, 0.25], [0.0, 0.0, 1.0, 0.75]]])
    drawn = box_coverage(boxes, tf.constant([[True, True]]), 1, 1)
    np.testing.assert_allclose(drawn, [[[0.75]]], rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [0, 2])
def test_no_chosen_box_draws_nothing(count):
    boxes = tf.ones([3, count, 4]) * [0.0, 0.0, 1.0, 1.0]
    drawn = box_coverage(boxes, tf.zeros([3, count], tf.bool), 2, 4)
    np.testing.assert_array_equal(drawn, np.zeros((3, 2, 4)))


UNIT = st.floats(0, 1)


@FEW
@given(st.lists(st.tuples(UNIT, UNIT, UNIT, UNIT), min_size=1, max_size=3), SIZES, SIZES)
def test_box_coverage_agrees_with_the_reference(corners, height, width):
    boxes = np.array([[min(a, c), min(b, d), max(a, c), max(b, d)] for a, b, c, d in corners])
    made = box_coverage(tf.constant(boxes[None]), tf.ones([1, len(boxes)], tf.bool), height, width)
    np.testing.assert_allclose(made[0], reference.drawn(boxes, height, width), rtol=0, atol=1e-12)
    if len(boxes) == 1:
        area = (boxes[0, 2] - boxes[0, 0]) * (boxes[0, 3] - boxes[0, 1])
        np.testing.assert_allclose(np.mean(made), area, rtol=0, atol=1e-12)
