"""Seed, expand, constrain (SEC) and Eq. 11."""

import keras
import numpy as np
import pytest
import sec_reference
import tensorflow as tf
from reference import numeric_gradient, softmax

from gain_tf import losses
from gain_tf.losses.expand import rank_pooling
from gain_tf.losses.pixel_cross_entropy import targets_of

# Four images of 3 x 2 cells, background and three classes.
SHAPE = (4, 3, 2, 4)
# The second image has every class, the third none.
LABELS = np.array([[1, 0, 1], [1, 1, 1], [0, 0, 0], [0, 1, 0]], float)
EVEN = 0.25


@pytest.fixture
def logits(rng):
    return rng.normal(size=SHAPE) * 2


@pytest.fixture
def cues(rng):
    """Cues at most of the cells; none at all in the third image."""
    cues = np.eye(4, dtype=bool)[rng.integers(0, 4, SHAPE[:3])]
    cues[rng.uniform(size=SHAPE[:3]) < 0.3] = False
    cues[2] = False
    return cues


@pytest.fixture
def posterior(rng):
    """Posteriors, one of them sure of itself."""
    posterior = softmax(rng.normal(size=SHAPE) * 3)
    posterior[0, 0, 0] = [1, 0, 0, 0]
    return posterior


@pytest.fixture
def targets(cues):
    return np.where(cues.any(axis=-1), cues.argmax(axis=-1), 255)


CASES = [
    pytest.param(losses.seed, losses.Seed, sec_reference.seed, "cues", id="seed"),
    pytest.param(losses.expand, losses.Expand, sec_reference.expand, None, id="expand"),
    pytest.param(
        losses.constrain, losses.Constrain, sec_reference.constrain, "posterior", id="constrain"
    ),
    pytest.param(
        losses.pixel_cross_entropy,
        losses.PixelCrossEntropy,
        sec_reference.cross_entropy,
        "targets",
        id="pixel_cross_entropy",
    ),
]


@pytest.mark.parametrize(("formula", "loss", "expected", "against"), CASES)
def test_value_and_gradient(formula, loss, expected, against, logits, request):
    truth = request.getfixturevalue(against) if against else LABELS
    with tf.GradientTape() as tape:
        at = tf.constant(logits)
        tape.watch(at)
        value = formula(at, tf.constant(truth))
    assert value.shape == ()
    np.testing.assert_allclose(value, expected(logits, truth), rtol=0, atol=1e-12)
    numeric = numeric_gradient(lambda x: expected(x, truth), logits)
    np.testing.assert_allclose(tape.gradient(value, at), numeric, rtol=0, atol=1e-8)


@pytest.mark.parametrize(("formula", "loss", "expected", "against"), CASES)
def test_as_a_keras_loss(formula, loss, expected, against, logits, request):
    truth = request.getfixturevalue(against) if against else LABELS
    made = keras.losses.deserialize(keras.losses.serialize(loss(name="mine")))
    assert isinstance(made, loss)
    assert made.name == "mine"
    value = made(tf.constant(truth), tf.constant(logits, tf.float32))
    np.testing.assert_allclose(value, expected(logits, truth), rtol=0, atol=1e-5)
    only_first = made(
        tf.constant(truth[:2]), tf.constant(logits[:2], tf.float32), sample_weight=[1.0, 0.0]
    )
    whole = made(tf.constant(truth[:2]), tf.constant(logits[:2], tf.float32))
    assert 0 < float(only_first) < float(whole)


@pytest.mark.parametrize(("formula", "loss", "expected", "against"), CASES)
def test_far_logits_stay_finite(formula, loss, expected, against, request):
    truth = request.getfixturevalue(against) if against else LABELS
    logits = tf.constant(np.broadcast_to([1000.0, -1000.0, 0.0, 500.0], SHAPE), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = formula(logits, tf.constant(truth))
    assert np.isfinite(value)
    assert np.isfinite(tape.gradient(value, logits)).all()


def test_seed_by_hand():
    """Even probabilities at three cues of the first image, none in the second."""
    cues = np.zeros((2, 2, 2, 4), bool)
    cues[0, 0, 0, 0] = cues[0, 0, 1, 2] = cues[0, 1, 1, 2] = True
    value = losses.seed(tf.zeros([2, 2, 2, 4], tf.float64), cues)
    np.testing.assert_allclose(value, np.log(4) / 2, rtol=0, atol=1e-12)


def test_expand_by_hand():
    """Everything a quarter: log 4 of the present, log 4/3 of the absent, log 4 of background."""
    even = tf.zeros([1, 3, 3, 4], tf.float64)
    value = losses.expand(even, [[1.0, 0.0, 0.0]])
    np.testing.assert_allclose(value, 2 * np.log(4) + np.log(4 / 3), rtol=0, atol=1e-12)
    none = losses.expand(even, [[0.0, 0.0, 0.0]])
    np.testing.assert_allclose(none, np.log(4) + np.log(4 / 3), rtol=0, atol=1e-12)


def test_constrain_by_hand():
    """A sure posterior against even probabilities: log 4, but for the floor of 1e-4."""
    sure = tf.one_hot(tf.ones([1, 2, 2], tf.int32), 4, dtype=tf.float64)
    even = tf.zeros([1, 2, 2, 4], tf.float64)
    high, low = 1 / 1.0003, 1e-4 / 1.0003
    expected = high * np.log(high / EVEN) + 3 * low * np.log(low / EVEN)
    np.testing.assert_allclose(losses.constrain(even, sure), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(expected, np.log(4), atol=4e-3)


def test_constrain_is_zero_where_both_agree(logits):
    p = sec_reference.lifted(logits)
    assert p.min() > 1e-4
    np.testing.assert_allclose(losses.constrain(tf.constant(logits), p), 0, atol=1e-12)


def test_no_gradient_goes_through_the_posterior(logits, posterior):
    with tf.GradientTape() as tape:
        q = tf.constant(posterior)
        tape.watch(q)
        value = losses.constrain(tf.constant(logits), q)
    assert tape.gradient(value, q) is None


def test_rank_pooling_by_hand():
    """q = 1/2 on 3, 1, 2: weights 1, 1/2, 1/4 on 3, 2, 1."""
    values = tf.constant([3.0, 1.0, 2.0], tf.float64)
    pooled = rank_pooling(tf.reshape(values, [1, 3, 1, 1]), 0.5)
    np.testing.assert_allclose(pooled, [[(3 + 1 + 0.25) / 1.75]], rtol=0, atol=1e-12)
    mean = rank_pooling(tf.reshape(values, [1, 1, 3, 1]), 1.0)
    np.testing.assert_allclose(mean, [[2.0]], rtol=0, atol=1e-12)


def test_cross_entropy_by_hand():
    """Two known cells in one image, one in the other, all at even probabilities but one."""
    logits = np.zeros((2, 1, 2, 2))
    logits[1, 0, 0] = [np.log(3), 0]
    targets = [[[0, 1]], [[1, 255]]]
    value = losses.pixel_cross_entropy(tf.constant(logits), tf.constant(targets))
    np.testing.assert_allclose(value, (2 * np.log(2) + np.log(4)) / 3, rtol=0, atol=1e-12)
    nothing = losses.pixel_cross_entropy(tf.constant(logits), tf.fill([2, 1, 2], 255))
    assert float(nothing) == 0


def test_cues_name_targets(cues, targets):
    np.testing.assert_array_equal(targets_of(tf.constant(cues)), targets)
