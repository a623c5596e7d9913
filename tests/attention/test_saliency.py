"""Gradient saliency, against hand-worked numbers, closed forms and finite differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from reference import numeric_gradient
from scipy.ndimage import median_filter

from gain_tf.attention import gradient_saliency

SHAPE = (5, 6, 3)
CLASSES = 3


def linear(weights):
    """A network whose score of class c is the sum of `weights[c]` times the image."""

    def network(images, training):
        assert training is False
        return tf.einsum("nhwk,chwk->nc", images, tf.constant(weights, images.dtype))

    return network


def numpy_saliency(slopes):
    """Slopes of one score, (H, W, K), to the map of its class."""
    largest = np.abs(slopes).max(axis=-1)
    return largest / largest.max()


def test_it_is_the_largest_slope_of_any_channel_by_its_maximum():
    slopes = [[[[1.0, -4.0], [0.0, 0.0], [2.0, 3.0]]], [[[9.0, 9.0], [0.0, 0.0], [-18.0, 0.0]]]]
    images, labels = tf.ones([2, 1, 3, 2]), [[1.0, 0.0], [0.0, 1.0]]
    maps = gradient_saliency(linear(slopes), images, labels)
    assert maps.dtype == tf.float32
    np.testing.assert_array_equal(maps, [[[1.0, 0.0, 0.75]], [[0.5, 0.0, 1.0]]])
    # Of an image with both labels each class has the same voice.
    both = gradient_saliency(linear(slopes), images[:1], [[1.0, 1.0]])
    np.testing.assert_array_equal(both, [[[1.0, 0.0, 1.0]]])


def test_without_labels_it_asks_about_the_best_class(rng):
    slopes = rng.normal(size=(CLASSES, *SHAPE))
    # Each image lies along the slopes of another class, which is therefore its best.
    images = np.stack([slopes[2], slopes[0]]).astype(np.float32)
    expected = [numpy_saliency(slopes[2]), numpy_saliency(slopes[0])]
    np.testing.assert_allclose(gradient_saliency(linear(slopes), images), expected, atol=1e-6)
    some = gradient_saliency(linear(slopes), images, [[0, 1, 0], [0, 0, 0]])
    expected = [numpy_saliency(slopes[1]), numpy_saliency(slopes[0])]
    np.testing.assert_allclose(some, expected, atol=1e-6)


def test_it_is_the_gradient_of_a_curved_network(float64, rng):
    network = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(4, 3, 2, activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(CLASSES),
        ]
    )
    images = rng.normal(size=(2, *SHAPE))
    maps = gradient_saliency(network, tf.constant(images), [[0, 0, 1], [0, 1, 0]])
    for image, category, found in zip(images, [2, 1], maps, strict=True):
        slopes = numeric_gradient(
            lambda x, c=category: network(x[None], training=False)[0, c], image
        )
        np.testing.assert_allclose(found, numpy_saliency(slopes), rtol=0, atol=1e-6)


def test_the_median_is_taken_before_the_maximum(rng):
    slopes = rng.normal(size=(1, *SHAPE))
    slopes[0, 2, 3, 0] = 1000.0
    found = gradient_saliency(linear(slopes), tf.ones([1, *SHAPE]), median=True)
    filtered = median_filter(np.abs(slopes[0]).max(axis=-1), 3, mode="reflect")
    np.testing.assert_allclose(found[0], filtered / filtered.max(), rtol=0, atol=1e-6)
    assert found.numpy().max() == 1.0


@pytest.mark.parametrize("median", [False, True])
def test_a_score_that_ignores_the_image_has_a_zero_map(median):
    maps = gradient_saliency(linear(np.zeros((2, 4, 4, 1))), tf.ones([3, 4, 4, 1]), median=median)
    np.testing.assert_array_equal(maps, np.zeros((3, 4, 4)))


def test_images_in_bytes_are_as_good():
    slopes = [[[[3.0], [6.0]]]]
    maps = gradient_saliency(linear(slopes), tf.constant([[[[7], [255]]]], tf.uint8))
    np.testing.assert_array_equal(maps, [[[0.5, 1.0]]])


def test_a_model_gives_it_for_any_number_of_images(make_gain, batch):
    model = make_gain()
    images, labels = batch[0]["image"], batch[1]
    expected = gradient_saliency(
        lambda x, training: model.head(model.features(x, training=training), training=training),
        tf.constant(images),
        labels,
        median=True,
    )
    made = model.saliency(images, labels, median=True, batch_size=2)
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-5)
    assert made.shape == images.shape[:3]
    assert made.max(axis=(1, 2)).tolist() == [1.0] * len(images)


def test_a_model_refuses_what_does_not_fit(make_gain, batch):
    images = batch[0]["image"]
    with pytest.raises(ValueError, match="no image"):
        make_gain().saliency(images[:0])
    with pytest.raises(ValueError, match=r"multi-hot \(5, 3\), not \(2, 3\)"):
        make_gain().saliency(images, np.eye(3)[:2])
