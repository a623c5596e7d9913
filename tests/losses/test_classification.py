"""L_cl: soft margin for several labels, softmax cross-entropy for one."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference import numeric_gradient, sigmoid, softmax

from gain_tf.losses import Classification, multi_label_soft_margin, softmax_cross_entropy


def soft_margin(labels, logits):
    p = sigmoid(logits)
    return -(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean(axis=-1)


def cross_entropy(labels, logits):
    return -(labels * np.log(softmax(logits))).sum(axis=-1)


FORMULAS = [
    pytest.param(multi_label_soft_margin, soft_margin, "sigmoid", id="sigmoid"),
    pytest.param(softmax_cross_entropy, cross_entropy, "softmax", id="softmax"),
]


def test_soft_margin_by_hand():
    logits = tf.constant([[0.0, 0.0], [np.log(3.0), -np.log(3.0)]], tf.float64)
    labels = tf.constant([[1.0, 0.0], [1.0, 1.0]])
    # log 2 twice; -log 3/4 and -log 1/4
    expected = [np.log(2), (np.log(4 / 3) + np.log(4)) / 2]
    np.testing.assert_allclose(
        multi_label_soft_margin(labels, logits), expected, rtol=0, atol=1e-12
    )


def test_cross_entropy_by_hand():
    logits = tf.constant([[0.0, 0.0, np.log(2.0)]], tf.float64)
    labels = tf.constant([[0.0, 0.0, 1.0]])
    np.testing.assert_allclose(
        softmax_cross_entropy(labels, logits), [np.log(2)], rtol=0, atol=1e-12
    )


@pytest.mark.parametrize(("formula", "expected", "activation"), FORMULAS)
def test_value_and_gradient(formula, expected, activation, rng):
    labels, logits = np.eye(4)[[0, 2, 1]], rng.normal(size=(3, 4)) * 3
    with tf.GradientTape() as tape:
        at = tf.constant(logits)
        tape.watch(at)
        values = formula(labels, at)
        total = tf.reduce_sum(values)
    np.testing.assert_allclose(values, expected(labels, logits), rtol=0, atol=1e-12)
    numeric = numeric_gradient(lambda x: expected(labels, x).sum(), logits)
    np.testing.assert_allclose(tape.gradient(total, at), numeric, rtol=0, atol=1e-8)


@pytest.mark.parametrize(("formula", "expected", "activation"), FORMULAS)
def test_far_logits_stay_finite(formula, expected, activation):
    logits = tf.constant([[1000.0, -1000.0]])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = formula(tf.constant([[0.0, 1.0]]), logits)
    gradient = tape.gradient(value, logits)
    assert np.isfinite(value).all()
    assert value.numpy()[0] >= 1000
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize(("formula", "expected", "activation"), FORMULAS)
def test_as_a_keras_loss(formula, expected, activation, rng):
    labels = np.eye(3, dtype="float32")[[0, 2]]
    logits = rng.normal(size=(2, 3)).astype("float32")
    weights = np.array([1.0, 3.0], "float32")
    loss = Classification(activation)
    per_image = expected(labels, logits.astype(float))
    np.testing.assert_allclose(loss(labels, logits), per_image.mean(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        loss(labels, logits, sample_weight=weights), (per_image @ weights) / 2, rtol=0, atol=1e-6
    )
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert isinstance(again, Classification)
    np.testing.assert_array_equal(again(labels, logits), loss(labels, logits))


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="activation must be 'sigmoid' or 'softmax', not 'tanh'"):
        Classification("tanh")
