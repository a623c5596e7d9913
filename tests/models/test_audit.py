"""The audit lets through what can be differentiated twice, and names what cannot."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gain_tf.models.audit import SecondOrderError, audit_second_order
from gain_tf.models.registry import HEADS_OF, build_backbone

layers = keras.layers
SHAPE = (None, 4, 4, 3)


def head(*middle, shape=SHAPE[1:], last=None):
    return keras.Sequential([keras.Input(shape), *middle, last or layers.Dense(2)])


def resizing(via):
    entry = keras.Input(SHAPE[1:])
    x = layers.Conv2D(2, 1, activation="tanh", name="before")(entry)
    x = via(x)
    x = layers.Dense(2, name="after")(layers.Flatten()(x))
    return keras.Model(entry, x)


REFUSED = {
    "resizing": layers.Resizing(6, 6, name="culprit"),
    "upsampling": layers.UpSampling2D(2, interpolation="bilinear", name="culprit"),
    "lambda": layers.Lambda(lambda t: tf.image.resize(t, (6, 6)), name="culprit"),
    "bicubic": layers.Resizing(6, 6, interpolation="bicubic", name="culprit"),
    "nested": keras.Sequential(
        [keras.Input((4, 4, 2)), layers.ReLU(), layers.Resizing(6, 6)], name="culprit"
    ),
}


@pytest.mark.parametrize("via", REFUSED.values(), ids=REFUSED)
def test_a_resize_between_features_and_score_is_refused_by_name(via):
    with pytest.raises(SecondOrderError, match="layer 'culprit' of the head has no correct"):
        audit_second_order(resizing(via), SHAPE)


def test_a_head_of_variables_that_devices_share_is_judged_alike():
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        audit_second_order(head(layers.Flatten(), layers.Dense(4, activation="tanh")), SHAPE)
        with pytest.raises(SecondOrderError, match="layer 'culprit'"):
            audit_second_order(resizing(layers.Resizing(6, 6, name="culprit")), SHAPE)


def test_a_bare_resize_operation_is_refused():
    model = resizing(lambda x: keras.ops.image.resize(x, (6, 6), interpolation="bilinear"))
    with pytest.raises(SecondOrderError, match=r"layer 'resize\w*' of the head"):
        audit_second_order(model, SHAPE)


@pytest.mark.parametrize("layer", [layers.LayerNormalization, layers.UnitNormalization])
def test_layer_normalisation_is_judged_by_its_derivatives(layer):
    """Keras's LayerNormalization holds the mean for constant in the variance's gradient.

    The first derivative is right all the same, the second is off by tens of percent: the audit
    is right to refuse it. Dividing by the norm is right to every order.
    """
    model = head(layer(name="norm"), layers.Flatten())
    if layer is layers.UnitNormalization:
        audit_second_order(model, SHAPE)
        return
    with pytest.raises(SecondOrderError, match="'norm'"):
        audit_second_order(model, SHAPE)


def test_why_the_audit_is_there():
    """TensorFlow's own answer is silently wrong; once it is right, the audit can go."""
    x = tf.constant(np.random.default_rng(0).normal(size=(1, 2, 2, 1)).astype("float32"))
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = tf.reduce_sum(tf.image.resize(x, (4, 4)) ** 3)
        slope = tf.reduce_sum(inner.gradient(value, x) * x)
    missing = outer.gradient(slope, x)

    def exact(at):
        with tf.GradientTape() as tape:
            tape.watch(at)
            value = tf.reduce_sum(tf.image.resize(at, (4, 4)) ** 3)
        return tf.reduce_sum(tape.gradient(value, at) * at)

    step = 1e-2 * tf.ones_like(x)
    numeric = float(exact(x + step) - exact(x - step)) / 2e-2
    assert abs(float(tf.reduce_sum(missing)) - numeric) > 0.1 * abs(numeric)


def residual():
    entry = keras.Input(SHAPE[1:])
    x = layers.Conv2D(3, 3, padding="same", activation="silu")(entry)
    x = layers.Add()([entry, x])
    x = keras.ops.mean(x * keras.ops.sigmoid(x), axis=(1, 2))
    return keras.Model(entry, layers.Dense(2)(x))


def called_twice():
    entry = keras.Input(SHAPE[1:])
    convolution = layers.Conv2D(SHAPE[-1], 1, activation="tanh")
    x = layers.Flatten()(convolution(convolution(entry)))
    return keras.Model(entry, layers.Dense(2)(x))


def given_one_tensor_twice():
    entry = keras.Input(SHAPE[1:])
    x = layers.Reshape((-1, SHAPE[-1]))(entry)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    return keras.Model(entry, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))


PASSED = {
    "pool and dense": lambda: head(layers.GlobalAveragePooling2D()),
    "free size": lambda: head(layers.GlobalAveragePooling2D(), shape=(None, None, 3)),
    "global max": lambda: head(layers.GlobalMaxPooling2D()),
    "conv relu": lambda: head(layers.Conv2D(4, 3, activation="relu"), layers.Flatten()),
    "strided conv": lambda: head(layers.Conv2D(4, 3, 2, "same"), layers.Flatten()),
    "depthwise conv": lambda: head(layers.DepthwiseConv2D(3), layers.Flatten()),
    "separable conv": lambda: head(layers.SeparableConv2D(2, 3), layers.Flatten()),
    "max pool": lambda: head(layers.MaxPooling2D(2), layers.Flatten()),
    "average pool": lambda: head(layers.AveragePooling2D(2), layers.Flatten()),
    "batch norm": lambda: head(layers.BatchNormalization(), layers.Flatten()),
    "gelu": lambda: head(layers.Conv2D(3, 1, activation="gelu"), layers.Flatten()),
    "dropout": lambda: head(
        layers.Flatten(), layers.Dense(6, "relu"), layers.Dropout(0.5), layers.Dense(6, "elu")
    ),
    "nearest upsampling": lambda: head(layers.UpSampling2D(2), layers.Flatten()),
    "lambda": lambda: head(layers.Lambda(lambda x: x**3), layers.Flatten()),
    "residual": residual,
    "layer called twice": called_twice,
    "attention": given_one_tensor_twice,
    "layer in a wrapper": lambda: head(
        layers.SpectralNormalization(layers.Conv2D(4, 1)), layers.Flatten()
    ),
    "nested": lambda: head(
        keras.Sequential([keras.Input(SHAPE[1:]), layers.Conv2D(3, 2, activation="relu")]),
        layers.Flatten(),
    ),
}


@pytest.mark.parametrize("build", PASSED.values(), ids=PASSED)
def test_what_is_differentiable_twice_passes(build):
    model = build()
    before = [weight.copy() for weight in model.get_weights()]
    audit_second_order(model, SHAPE)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_missing_gradient_is_refused():
    @tf.custom_gradient
    def cube(x):
        # The first derivative is right; the second is lost.
        return x**3, lambda upstream: upstream * tf.stop_gradient(3 * x**2)

    model = head(layers.Lambda(cube, name="cube"), layers.Flatten())
    with pytest.raises(SecondOrderError, match="'cube'"):
        audit_second_order(model, SHAPE)


@pytest.mark.parametrize("seed", range(5))
def test_relu_and_max_pool_are_never_taken_for_wrong(seed):
    keras.utils.set_random_seed(seed)
    model = head(
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(32, "relu"),
    )
    audit_second_order(model, SHAPE)


@pytest.mark.parametrize("head", HEADS_OF["small_cnn"])
def test_each_kind_of_head_that_the_library_has_passes(head):
    parts = build_backbone("small_cnn", 3, head=head, weights=None, image_size=(8, 8))
    audit_second_order(parts.head, parts.features.output_shape)
