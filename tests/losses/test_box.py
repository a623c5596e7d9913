"""Eq. 9."""

import numpy as np
import pytest
import tensorflow as tf
from reference import numeric_gradient

from gain_tf.losses import box_attention, foreground_prior

MAPS = tf.constant([[[0.5, 1.0], [0.0, 0.4]]], tf.float64)
BOXES = tf.constant([[[1.0, 0.0], [1.0, 0.5]]])


def test_by_hand():
    # inside: (0.5 - 1)^2 + (0 - 1)^2 + (0.5 (0.4 - 1))^2; outside: 1^2 + (0.5 0.4)^2
    expected = (0.25 + 1 + 0.09 + 1 + 0.04) / 4
    np.testing.assert_allclose(box_attention(MAPS, BOXES), expected, rtol=0, atol=1e-12)


def test_saliency_is_the_foreground_inside_only():
    saliency = tf.constant([[[0.5, 0.9], [0.2, 0.4]]])
    # inside: 0, (0 - 0.2)^2, 0; outside as before
    expected = (0.04 + 1 + 0.04) / 4
    np.testing.assert_allclose(box_attention(MAPS, BOXES, saliency), expected, rtol=0, atol=1e-7)


def test_pairs_are_weighed():
    maps, boxes = tf.concat([MAPS, MAPS * 0], 0), tf.concat([BOXES, BOXES * 0], 0)
    whole = float(box_attention(MAPS, BOXES))
    np.testing.assert_allclose(box_attention(maps, boxes), whole / 2, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        box_attention(maps, boxes, weights=tf.constant([0.75, 0.25])),
        0.75 * whole,
        rtol=0,
        atol=1e-12,
    )


@pytest.mark.parametrize("given", [True, False])
def test_gradient(rng, given):
    maps, boxes, saliency = rng.uniform(size=(3, 2, 3, 3))
    foreground = saliency if given else 1.0

    def expected(maps):
        cells = ((1 - boxes) * maps) ** 2 + (boxes * (maps - foreground)) ** 2
        return cells.mean(axis=(1, 2)).mean()

    with tf.GradientTape() as tape:
        at = tf.constant(maps)
        tape.watch(at)
        value = box_attention(at, boxes, saliency if given else None)
    np.testing.assert_allclose(value, expected(maps), rtol=0, atol=1e-12)
    numeric = numeric_gradient(expected, maps)
    np.testing.assert_allclose(tape.gradient(value, at), numeric, rtol=0, atol=1e-8)


def test_the_most_salient_cell_of_the_boxes_is_foreground():
    saliency = tf.constant([[[0.5, 0.9], [0.2, 0.4]]])
    # B S is 0.5, 0, 0.2 and 0.2: 0.5 sets the scale, and 0.9, which lies outside, is cut to 1
    expected = [[[1.0, 1.0], [0.4, 0.8]]]
    found = foreground_prior(saliency, BOXES)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)
    np.testing.assert_allclose(foreground_prior(saliency / 10, BOXES), found, rtol=0, atol=1e-7)


def test_a_cell_that_a_box_hardly_touches_does_not_set_the_scale():
    boxes = tf.constant([[[1.0, 0.1], [0.0, 0.0]]])
    found = foreground_prior(tf.constant([[[0.3, 0.9], [0.1, 0.6]]]), boxes)
    np.testing.assert_allclose(found[0, 0], [1.0, 1.0], rtol=0, atol=1e-6)


def test_boxes_without_saliency_are_foreground_all_over():
    nothing = tf.constant([[[0.0, 0.9], [0.0, 0.0]]])
    np.testing.assert_array_equal(foreground_prior(nothing, BOXES), np.ones((1, 2, 2)))


def test_a_faint_prior_does_not_make_a_dead_map_best():
    faint = tf.constant([[[0.1, 0.0], [0.1, 0.1]]])
    prior = foreground_prior(faint, BOXES)
    right = tf.constant([[[1.0, 0.0], [1.0, 0.5]]], tf.float64)
    assert box_attention(right, BOXES, prior) < box_attention(right * 0, BOXES, prior)
    assert box_attention(right, BOXES, faint) > box_attention(right * 0, BOXES, faint)
