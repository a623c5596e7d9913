"""The layer with one gradient product a step: the same layer, the same gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gain_tf
from gain_tf.models.stacked_dense import StackedDense, stacked_kernel_gradients
from gain_tf.models.vgg16 import vgg16

RANDOM = np.random.default_rng(0)
FIRST, SECOND = RANDOM.normal(size=(4, 3)), RANDOM.normal(size=(2, 3))


def layer_of(kernel, bias=(0.1, -0.2), **settings):
    layer = StackedDense(2, dtype="float64", **settings)
    layer.build((None, 3))
    layer.set_weights([kernel, np.array(bias)])
    return layer


def used_four_times(layer):
    """Two uses, and an inner gradient that is differentiated again through both its passes."""
    rows = tf.constant(SECOND)
    with tf.GradientTape() as tape:
        tape.watch(rows)
        scores = tf.reduce_sum(layer(rows) ** 3)
    inner = tape.gradient(scores, rows)
    return tf.reduce_sum(tf.sin(layer(tf.constant(FIRST)))) + tf.reduce_sum(inner**2)


def in_numpy(kernel, bias=(0.1, -0.2)):
    inner = 3 * (SECOND @ kernel + bias) ** 2 @ kernel.T
    return np.sin(FIRST @ kernel + bias).sum() + (inner**2).sum()


KERNEL = RANDOM.normal(size=(3, 2))


def stacked(layer, target=used_four_times):
    with stacked_kernel_gradients() as kernels:
        with tf.GradientTape() as tape:
            total = target(layer)
        return total, kernels.gradients(tape.gradient, total, layer.trainable_variables)


@pytest.mark.parametrize("graph", [False, True])
def test_the_kernel_gradient_is_that_of_finite_differences(graph):
    layer = layer_of(KERNEL)
    total, (found, _) = (tf.function(stacked) if graph else stacked)(layer)
    assert float(total) == pytest.approx(in_numpy(KERNEL), rel=1e-12)
    for place in np.ndindex(KERNEL.shape):
        step = np.zeros_like(KERNEL)
        step[place] = 1e-6
        expected = (in_numpy(KERNEL + step) - in_numpy(KERNEL - step)) / 2e-6
        assert float(found[place]) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_every_gradient_is_that_of_an_ordinary_tape():
    layer = layer_of(KERNEL, kernel_regularizer="l2", activation="tanh")

    def regularised(layer):
        return used_four_times(layer) + tf.add_n(layer.losses)

    _, found = stacked(layer, regularised)
    with tf.GradientTape() as tape:
        total = regularised(layer)
    expected = tape.gradient(total, layer.trainable_variables)
    for own, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-12, atol=1e-12)


def test_what_a_step_does_not_use_has_no_gradient():
    layer, other = layer_of(KERNEL), layer_of(KERNEL)
    with stacked_kernel_gradients() as kernels:
        with tf.GradientTape() as tape:
            total = used_four_times(layer)
        assert kernels.gradients(tape.gradient, total, other.trainable_variables) == [None, None]


def test_a_frozen_layer_and_low_rank_adaptation():
    layer = layer_of(KERNEL)
    layer.enable_lora(1)
    _, found = stacked(layer, lambda layer: tf.reduce_sum(layer(tf.constant(FIRST))))
    assert all(gradient is not None for gradient in found)
    layer, frozen = layer_of(KERNEL), layer_of(np.eye(3)[:, :2])
    frozen.trainable = False

    def behind(layer):
        return tf.reduce_sum(frozen(tf.pad(layer(tf.constant(FIRST)), [[0, 0], [0, 1]])) ** 2)

    # Of a frozen layer nothing but what lies before it is told.
    _, (found, _) = stacked(layer, behind)
    expected = 2 * FIRST.T @ (FIRST @ KERNEL + [0.1, -0.2] + [0.1, -0.2])
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert frozen.trainable_variables == []


def test_a_function_called_within_a_step_is_differentiated_as_ever():
    layer = layer_of(KERNEL)
    called = tf.function(lambda: tf.reduce_sum(layer(tf.constant(FIRST)) ** 2))
    for _ in range(2):
        _, (found, _) = stacked(layer, lambda layer: called())
        expected = 2 * FIRST.T @ (FIRST @ KERNEL + [0.1, -0.2])
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_step_that_fails_leaves_nothing_behind():
    layer = layer_of(KERNEL)
    with pytest.raises(ZeroDivisionError):
        stacked(layer, lambda layer: 1 / 0 * layer(tf.constant(FIRST)))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(tf.constant(FIRST)) ** 2)
    assert tape.gradient(total, layer.kernel) is not None


def test_rows_may_have_more_dimensions():
    boxes = tf.constant(RANDOM.normal(size=(2, 5, 3)))

    def target(layer):
        return tf.reduce_sum(layer(boxes) ** 2)

    layer = layer_of(KERNEL)
    _, (found, _) = stacked(layer, target)
    flat = boxes.numpy().reshape(-1, 3)
    expected = 2 * flat.T @ (flat @ KERNEL + [0.1, -0.2])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def network(dense, **settings):
    keras.utils.set_random_seed(0)
    image = keras.Input((12, 16, 3))
    convolution = keras.layers.Conv2D(6, 3, strides=4, padding="same", activation="relu")
    features = keras.Model(image, convolution(image))
    entry = keras.Input((3, 4, 6))
    hidden = dense(11, activation="tanh")(keras.layers.Flatten()(entry))
    head = keras.Model(entry, keras.layers.Dense(3)(dense(5, activation="relu")(hidden)))
    return gain_tf.GAIN(features, head, kind="box", **settings)


def batch():
    example = {
        "image": RANDOM.uniform(0, 2, (4, 12, 16, 3)).astype(np.float32),
        "boxes": np.tile([[[0.1, 0.1, 0.6, 0.7]]], (4, 1, 1)).astype(np.float32),
        "box_labels": np.array([[0], [1], [2], [0]]),
        "has_boxes": np.ones(4, bool),
    }
    return example, np.array([0, 1, 2, 0])


def products_as_large_as(kernel, model, data):
    graph = tf.function(model.train_step).get_concrete_function(data).graph
    return [
        operation
        for operation in graph.get_operations()
        if operation.type == "MatMul" and operation.outputs[0].shape == kernel.shape
    ]


def test_a_step_of_gain_has_one_product_for_each_kernel_and_ends_the_same(tmp_path):
    data, trained = batch(), []
    for dense in (keras.layers.Dense, StackedDense):
        model = network(dense)
        model.compile(keras.optimizers.SGD(0.1))
        kernel = model.head.layers[2].kernel
        tensors = tf.nest.map_structure(tf.constant, data)
        products = products_as_large_as(kernel, model, tensors)
        assert (len(products) == 1) == (dense is StackedDense)
        model.fit(*data, batch_size=4, verbose=0)
        trained.append(model.get_weights())
    for own, other in zip(*trained, strict=True):
        np.testing.assert_allclose(own, other, rtol=0, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.head.layers[2], StackedDense)
    np.testing.assert_array_equal(loaded(data[0]), model(data[0]))


@pytest.mark.parametrize(
    "compiled", [{"run_eagerly": True}, {"jit_compile": True}, {"loss_scale": True}]
)
def test_every_way_to_execute_a_step_ends_the_same(compiled):
    data, trained = batch(), []
    for settings in ({}, compiled):
        model = network(StackedDense, max_labels=1)
        optimizer = keras.optimizers.SGD(0.1)
        if settings.pop("loss_scale", False):
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=8.0)
        model.compile(optimizer, **settings)
        model.fit(*data, batch_size=4, verbose=0)
        trained.append(model.get_weights())
    for own, other in zip(*trained, strict=True):
        np.testing.assert_allclose(own, other, rtol=0, atol=1e-5)


def test_the_fully_connected_head_of_vgg16_is_made_of_them():
    head = vgg16(2, weights=None, image_size=(32, 32)).head
    assert isinstance(head.get_layer("fc6"), StackedDense)
    assert isinstance(head.get_layer("fc7"), StackedDense)
