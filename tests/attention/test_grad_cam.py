"""Eq. 1 and 2, against hand-worked numbers, closed forms and an independent Grad-CAM in NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from reference import numeric_gradient

from gain_tf.attention import attention_map, channel_weights, grad_cam

SHAPE = (4, 5, 2)
CLASSES = 4


@pytest.fixture
def head(float64):
    """Convolution, then two fully connected layers; every function in it is curved."""
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(3, 2, activation="tanh"),
            keras.layers.Flatten(),
            keras.layers.Dense(5, "tanh"),
            keras.layers.Dense(CLASSES),
        ]
    )


def numpy_score_gradient(weights, features, classes):
    """The backward pass of `head`, by hand."""
    kernel, bias, dense, dense_bias, last, _ = weights
    windows = sliding_window_view(features, (2, 2), axis=(1, 2))
    first = np.tanh(np.einsum("phwcij,ijck->phwk", windows, kernel) + bias)
    second = np.tanh(first.reshape(len(features), -1) @ dense + dense_bias)
    back = (last[:, classes].T * (1 - second**2)) @ dense.T
    back = back.reshape(first.shape) * (1 - first**2)
    gradient = np.zeros_like(features)
    height, width = first.shape[1:3]
    for i in range(2):
        for j in range(2):
            gradient[:, i : i + height, j : j + width] += back @ kernel[i, j].T
    return gradient


def numpy_maps(weights, features, classes):
    gradient = numpy_score_gradient(weights, features, classes)
    return np.maximum(np.einsum("phwk,pk->phw", features, gradient.mean(axis=(1, 2))), 0)


def test_channel_weights_are_the_mean_gradient_of_each_channel():
    gradient = tf.constant([[[[1.0, 8.0], [2.0, 0.0]], [[3.0, -4.0], [6.0, 0.0]]]])
    np.testing.assert_array_equal(channel_weights(gradient), [[3.0, 1.0]])


def test_the_map_sums_the_weighted_channels_and_keeps_the_positive():
    features = tf.constant([[[[1.0, 2.0], [0.5, 4.0]], [[3.0, 0.0], [0.0, 1.0]]]])
    # 2 f_0 - f_1, cut at zero
    np.testing.assert_array_equal(
        attention_map(features, tf.constant([[2.0, -1.0]])), [[[0.0, 0.0], [6.0, 0.0]]]
    )


def test_it_is_the_grad_cam_of_a_convolutional_and_fully_connected_head(head, rng):
    features = rng.normal(size=(6, *SHAPE))
    classes = np.array([0, 1, 2, 3, 1, 1])
    expected = numpy_maps(head.get_weights(), features, classes)
    assert (expected.max(axis=(1, 2)) > 1e-3).all()
    maps = grad_cam(tf.constant(features), head, tf.constant(classes))
    np.testing.assert_allclose(maps, expected, rtol=0, atol=1e-12)


def test_with_global_average_pooling_it_is_the_class_activation_map(float64, rng):
    head = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(CLASSES)]
    )
    features = rng.normal(size=(3, *SHAPE))
    kernel = head.get_weights()[0]
    expected = np.stack([f @ kernel[:, c] / 20 for f, c in zip(features, [2, 0, 3], strict=True)])
    np.testing.assert_allclose(
        grad_cam(tf.constant(features), head, tf.constant([2, 0, 3])),
        np.maximum(expected, 0),
        rtol=0,
        atol=1e-14,
    )


def test_a_score_that_ignores_the_features_has_a_zero_map():
    features = tf.ones([2, 3, 3, 1])
    maps = grad_cam(features, lambda f, training: tf.ones([2, 4]), tf.constant([1, 2]))
    np.testing.assert_array_equal(maps, np.zeros((2, 3, 3)))


def contracted(features, head, classes, along, weight_gradient=True):
    maps = grad_cam(features, head, classes, weight_gradient=weight_gradient)
    return tf.reduce_sum(maps * along)


@pytest.fixture
def problem(head, rng):
    features = rng.normal(size=(2, *SHAPE))
    return head, features, tf.constant([1, 3]), rng.normal(size=(2, *SHAPE[:2]))


def test_second_order_gradient_of_features_and_weights(problem):
    head, features, classes, along = problem
    with tf.GradientTape() as tape:
        at = tf.constant(features)
        tape.watch(at)
        value = contracted(at, head, classes, along)
    by_features, by_weights = tape.gradient(value, [at, head.trainable_variables])
    weights, classes = head.get_weights(), classes.numpy()
    numeric = numeric_gradient(lambda x: np.sum(along * numpy_maps(weights, x, classes)), features)
    np.testing.assert_allclose(by_features, numeric, rtol=0, atol=1e-8)
    # The last bias moves every score and no slope.
    assert by_weights[-1] is None
    for position, exact in enumerate(by_weights[:-1]):

        def of_weight(x, position=position):
            moved = [x if i == position else weight for i, weight in enumerate(weights)]
            return np.sum(along * numpy_maps(moved, features, classes))

        assert np.abs(exact).max() > 1e-4
        numeric = numeric_gradient(of_weight, weights[position])
        np.testing.assert_allclose(exact, numeric, rtol=0, atol=1e-8)


def test_without_weight_gradient_the_channel_weights_are_constants(problem):
    head, features, classes, along = problem
    slopes = numpy_score_gradient(head.get_weights(), features, classes.numpy())
    weights = slopes.mean(axis=(1, 2))

    def of_features(x):
        return np.sum(along * np.maximum(np.einsum("phwk,pk->phw", x, weights), 0))

    with tf.GradientTape() as tape:
        at = tf.constant(features)
        tape.watch(at)
        value = contracted(at, head, classes, along, weight_gradient=False)
    by_features, by_weights = tape.gradient(value, [at, head.trainable_variables])
    np.testing.assert_allclose(
        by_features, numeric_gradient(of_features, features), rtol=0, atol=1e-8
    )
    assert all(gradient is None for gradient in by_weights)


def test_the_head_runs_in_inference_mode(rng):
    def head(features, training):
        assert training is False
        return tf.reduce_sum(features, axis=(1, 2))

    features = rng.normal(size=(2, 3, 3, 4)).astype("float32")
    maps = grad_cam(tf.constant(features), head, tf.constant([0, 3]))
    np.testing.assert_allclose(
        maps, np.maximum(features[[0, 1], ..., [0, 3]], 0), rtol=0, atol=1e-6
    )


def test_graph_and_eager_agree_for_any_number_of_pairs(head, rng):
    graph = tf.function(
        lambda f, c: grad_cam(f, head, c),
        input_signature=[
            tf.TensorSpec([None, *SHAPE], tf.float64),
            tf.TensorSpec([None], tf.int32),
        ],
    )
    for pairs in (1, 3):
        features = tf.constant(rng.normal(size=(pairs, *SHAPE)))
        classes = tf.range(pairs)
        np.testing.assert_allclose(
            graph(features, classes), grad_cam(features, head, classes), rtol=0, atol=1e-12
        )


SMALL = keras.Sequential(
    [
        keras.Input((3, 3, 2), dtype="float64"),
        keras.layers.Conv2D(3, 2, activation="tanh", dtype="float64"),
        keras.layers.Flatten(dtype="float64"),
        keras.layers.Dense(3, dtype="float64"),
    ]
)
SEEDS = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=20)
@given(seed=SEEDS, constant=st.floats(-100, 100))
def test_a_constant_added_to_all_logits_leaves_the_maps(seed, constant):
    random = np.random.default_rng(seed)
    features = tf.constant(random.normal(size=(3, 3, 3, 2)))
    classes = tf.constant(random.integers(0, 3, 3))
    np.testing.assert_allclose(
        grad_cam(features, lambda f, training: SMALL(f, training=training) + constant, classes),
        grad_cam(features, SMALL, classes),
        rtol=0,
        atol=1e-12,
    )


@settings(deadline=None, max_examples=20)
@given(seed=SEEDS, order=st.permutations(range(4)))
def test_permuting_the_pairs_permutes_the_maps(seed, order):
    random = np.random.default_rng(seed)
    features, classes = random.normal(size=(4, 3, 3, 2)), random.integers(0, 3, 4)
    maps = grad_cam(tf.constant(features), SMALL, tf.constant(classes)).numpy()
    moved = grad_cam(tf.constant(features[order]), SMALL, tf.constant(classes[order]))
    np.testing.assert_allclose(moved, maps[order], rtol=0, atol=1e-12)
