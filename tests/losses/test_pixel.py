"""Eq. 7."""

import numpy as np
import tensorflow as tf
from reference import numeric_gradient

from gain_tf.losses import pixel_attention

MAPS = tf.constant([[[0.5, 1.0], [0.0, 0.2]], [[1.0, 0.0], [0.0, 0.0]]], tf.float64)
MASKS = tf.constant([[[1.0, 1.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]], tf.float64)


def test_by_hand():
    # (0.25 + 0 + 0 + 0.04) / 4 = 0.0725 and (1 + 1) / 4 = 0.5
    np.testing.assert_allclose(pixel_attention(MAPS, MASKS), 0.28625, rtol=0, atol=1e-12)
    weights = tf.constant([1.0, 0.0])
    np.testing.assert_allclose(pixel_attention(MAPS, MASKS, weights), 0.0725, rtol=0, atol=1e-12)


def test_the_mask_itself_costs_nothing():
    assert pixel_attention(MASKS, MASKS) == 0


def test_unknown_cells_are_left_out_of_the_mean():
    known = tf.constant([[[1.0, 0.0], [0.0, 0.5]], [[0.0, 0.0], [0.0, 0.0]]])
    # (1 x 0.25 + 0.5 x 0.04) / 1.5 = 0.18; nothing known costs nothing
    np.testing.assert_allclose(
        pixel_attention(MAPS, MASKS, known=known), 0.18 / 2, rtol=0, atol=1e-12
    )


def test_gradient(rng):
    maps, masks, known = rng.uniform(size=(3, 2, 3, 3))
    known[1] = 0
    weights = np.array([0.3, 0.7])

    def expected(maps):
        square = (known * (maps - masks) ** 2).sum(axis=(1, 2))
        return (weights * square / np.maximum(known.sum(axis=(1, 2)), 1e-300)).sum()

    with tf.GradientTape() as tape:
        at = tf.constant(maps)
        tape.watch(at)
        value = pixel_attention(at, masks, tf.constant(weights), known=known)
    np.testing.assert_allclose(value, expected(maps), rtol=0, atol=1e-12)
    exact = tape.gradient(value, at)
    np.testing.assert_allclose(exact, numeric_gradient(expected, maps), rtol=0, atol=1e-8)
    np.testing.assert_array_equal(exact[1], np.zeros((3, 3)))
