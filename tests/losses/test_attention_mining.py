"""Eq. 5."""

import numpy as np
import tensorflow as tf

from gain_tf.attention import pair_weights, pairs_of
from gain_tf.losses import attention_mining


def test_mean_over_classes_then_over_images():
    pairs = pairs_of(tf.constant([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]))
    scores = tf.constant([0.2, 0.6, 0.9])
    weights = pair_weights(pairs, pairs.valid, 3)
    # ((0.2 + 0.6) / 2 + 0.9) / 2
    np.testing.assert_allclose(attention_mining(scores, weights), 0.65, rtol=0, atol=1e-6)


def test_without_weights_the_plain_mean():
    np.testing.assert_allclose(
        attention_mining(tf.constant([0.2, 0.6, 0.4], tf.float64)), 0.4, rtol=0, atol=1e-12
    )


def test_no_pair_is_zero_with_finite_gradient():
    scores = tf.zeros([0])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = attention_mining(scores)
    assert value == 0
    assert tape.gradient(value, scores).shape == (0,)


def test_gradient_is_the_weight():
    scores, weights = tf.constant([0.2, 0.6], tf.float64), tf.constant([0.25, 0.75])
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = attention_mining(scores, weights)
    assert value.dtype == tf.float64
    np.testing.assert_allclose(tape.gradient(value, scores), weights, rtol=0, atol=0)
