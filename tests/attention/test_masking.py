"""Normalisation, Eq. 3 and Eq. 4."""

import numpy as np
import pytest
import reference
import tensorflow as tf
from reference import numeric_gradient

from gain_tf.attention import erase, normalise, soft_threshold, zero_maps


def slopes(function, *inputs):
    inputs = [tf.constant(x) for x in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = function(*inputs)
    return [gradient.numpy() for gradient in tape.gradient(value, inputs)]


def test_each_map_is_divided_by_its_own_maximum():
    maps = tf.constant([[[1.0, 4.0], [0.0, 2.0]], [[10.0, 0.0], [5.0, 5.0]]], tf.float64)
    expected = [[[0.25, 1.0], [0.0, 0.5]], [[1.0, 0.0], [0.5, 0.5]]]
    np.testing.assert_allclose(normalise(maps), expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(normalise(maps, epsilon=4.0)[0], maps[0] / 8, rtol=0, atol=0)


def test_none_leaves_the_maps():
    maps = tf.constant([[[1.0, 40.0]]])
    np.testing.assert_array_equal(normalise(maps, "none"), maps)


def test_an_unknown_normalisation_is_refused():
    with pytest.raises(ValueError, match="normalise must be 'max' or 'none', not 'sum'"):
        normalise(tf.ones([1, 2, 2]), "sum")


def test_normalise_gradient(rng):
    maps, along = rng.uniform(0.1, 2, (2, 2, 3, 3))
    exact = slopes(lambda x: tf.reduce_sum(along * normalise(x)), maps)[0]
    numeric = numeric_gradient(lambda x: np.sum(along * normalise(tf.constant(x))), maps)
    np.testing.assert_allclose(exact, numeric, rtol=0, atol=1e-8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_zero_map_stays_zero_with_finite_gradient(dtype):
    raw = -np.ones((2, 2, 2), dtype)
    raw[1, 0, 0] = 3
    maps = normalise(tf.nn.relu(tf.constant(raw)))
    assert maps.dtype == dtype
    np.testing.assert_array_equal(maps[0], np.zeros((2, 2)))
    np.testing.assert_array_equal(zero_maps(maps), [1, 0])

    def kept(x):
        maps = normalise(tf.nn.relu(x))
        erased = erase(tf.ones([2, 4, 4, 3], x.dtype), maps)
        return tf.reduce_sum(maps) + tf.reduce_sum(erased)

    gradient = slopes(kept, raw)[0]
    np.testing.assert_array_equal(gradient[0], np.zeros((2, 2)))
    assert np.isfinite(gradient).all()


def test_zero_maps_are_those_without_a_positive_cell():
    maps = tf.constant([[[0.0, 0.0]], [[0.0, 1e-30]], [[0.0, 2.0]]])
    np.testing.assert_array_equal(zero_maps(maps), [1.0, 0.0, 0.0])


def test_soft_threshold_by_hand():
    maps = tf.constant([0.0, 0.5, 0.7, 1.0], tf.float64)
    # sigmoid of -5, 0, 2 and 5
    expected = [0.0066928509, 0.5, 0.8807970780, 0.9933071491]
    np.testing.assert_allclose(soft_threshold(maps), expected, rtol=0, atol=1e-10)
    # sigmoid(8 (0.7 - 0.25)) = sigmoid(3.6)
    np.testing.assert_allclose(
        soft_threshold(maps[2], sigma=0.25, slope=8.0), 0.9734030064, rtol=0, atol=1e-10
    )


def test_soft_threshold_gradient(rng):
    maps = rng.uniform(0, 1, (2, 3))
    exact = slopes(lambda x: tf.reduce_sum(soft_threshold(x, sigma=0.4, slope=6.0)), maps)[0]
    mask = reference.sigmoid(6 * (maps - 0.4))
    np.testing.assert_allclose(exact, 6 * mask * (1 - mask), rtol=0, atol=1e-12)


def test_erase_by_hand():
    images = np.full((1, 1, 2, 3), 4.0)
    images[0, 0, 1] = [1.0, 2.0, 3.0]
    maps = np.array([[[0.5, 0.7]]])
    # half of 4 remains; 1 - 0.88079708 of the second pixel
    np.testing.assert_allclose(
        erase(images, maps),
        [[[[2.0, 2.0, 2.0], [0.11920292, 0.23840584, 0.35760877]]]],
        rtol=0,
        atol=1e-6,
    )
    # half way from 4 to 10, 20, 30
    fill = tf.constant([10.0, 20.0, 30.0], tf.float64)
    np.testing.assert_allclose(
        erase(images, maps, fill=fill)[0, 0, 0], [7.0, 12.0, 17.0], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("grid", [(2, 2), (3, 5), (7, 6)])
def test_erase_enlarges_the_finished_mask(rng, grid):
    images, maps = rng.normal(size=(2, 7, 6, 3)), rng.uniform(0, 1, (2, *grid))
    settings = {"sigma": 0.3, "slope": 5.0, "fill": 0.25}
    expected = [
        reference.erased(image, one, **settings) for image, one in zip(images, maps, strict=True)
    ]
    np.testing.assert_allclose(erase(images, maps, **settings), expected, rtol=0, atol=1e-6)


def test_erase_gradient_of_maps_and_images(rng):
    """TensorFlow resizes in float32, so the exact side carries its rounding."""
    images, maps = rng.normal(size=(2, 6, 6, 3)), rng.uniform(0, 1, (2, 3, 3))
    along = rng.normal(size=images.shape)
    by_images, by_maps = slopes(lambda i, m: tf.reduce_sum(along * erase(i, m)), images, maps)

    def value(images, maps):
        pairs = zip(images, maps, strict=True)
        return np.sum(along * [reference.erased(i, m, 0.5, 10.0, 0.0) for i, m in pairs])

    numeric = numeric_gradient(lambda x: value(images, x), maps)
    np.testing.assert_allclose(by_maps, numeric, rtol=0, atol=1e-5)
    numeric = numeric_gradient(lambda x: value(x, maps), images)
    np.testing.assert_allclose(by_images, numeric, rtol=0, atol=1e-5)
    assert np.abs(by_maps).max() > 0.1
