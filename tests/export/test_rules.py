"""Each layer's backward rule against TensorFlow's tape, in double precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gain_export.activations import DERIVATIVES
from gain_export.adjoint import forward, score_gradient
from gain_export.rules import RULES, NoRuleError
from gain_tf.models.stacked_dense import StackedDense

layers = keras.layers
SHAPE = (7, 6, 4)


def head_of(*parts, shape=SHAPE):
    """Layers, or functions of a tensor, between features and three logits."""
    features = keras.Input(shape)
    x = features
    for part in parts:
        x = part(x)
    if len(x.shape) == 4:
        # Uneven cotangents: a mean alone would hide where each of them goes.
        x = layers.Flatten()(layers.Activation("tanh")(x))
    head = keras.Model(features, layers.Dense(3)(x))
    random = np.random.default_rng(2)
    for weight in head.weights:
        positive = "variance" in weight.path
        values = (
            random.uniform(0.5, 2, weight.shape) if positive else random.normal(size=weight.shape)
        )
        weight.assign(values)
    return head


def assert_same_as_tape(head, features):
    features = tf.constant(features)
    classes = tf.constant([[0, 2], [1, 1]])
    logits, steps = forward(head, features)
    made = score_gradient(features, logits, steps, classes)
    repeated = tf.repeat(features, 2, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(repeated)
        scores = tf.gather(head(repeated, training=False), [0, 2, 1, 1], batch_dims=1)
    expected = tape.gradient(scores, repeated)
    assert np.abs(expected).max() > 1e-6
    # Keras itself rounds the constants of some activations to single precision.
    np.testing.assert_allclose(made, expected, rtol=1e-6, atol=1e-6)


def features_with_ties(rng):
    """As a ReLU leaves them: many zeros, which tie in a max pool."""
    return np.maximum(rng.normal(size=(2, *SHAPE)), 0)


GEOMETRIES = [
    (taps, stride, padding)
    for taps in (2, 3, (3, 2))
    for stride in (1, 2, 3)
    for padding in ("same", "valid")
]


@pytest.mark.parametrize(("taps", "stride", "padding"), GEOMETRIES)
@pytest.mark.usefixtures("float64")
class TestWindows:
    def test_max_pool(self, rng, taps, stride, padding):
        head = head_of(layers.MaxPooling2D(taps, stride, padding))
        assert_same_as_tape(head, features_with_ties(rng))

    def test_average_pool(self, rng, taps, stride, padding):
        head = head_of(layers.AveragePooling2D(taps, stride, padding))
        assert_same_as_tape(head, rng.normal(size=(2, *SHAPE)))

    def test_convolution(self, rng, taps, stride, padding):
        head = head_of(layers.Conv2D(6, taps, stride, padding, groups=2, activation="silu"))
        assert_same_as_tape(head, rng.normal(size=(2, *SHAPE)))

    def test_depthwise_convolution(self, rng, taps, stride, padding):
        strides = (stride, stride)
        head = head_of(layers.DepthwiseConv2D(taps, strides, padding, depth_multiplier=2))
        assert_same_as_tape(head, rng.normal(size=(2, *SHAPE)))


def squeeze_and_excite(x):
    y = layers.GlobalAveragePooling2D(keepdims=True)(x)
    y = layers.Conv2D(4, 1, activation="sigmoid")(y)
    return layers.Multiply()([x, y])


def skip_connections(x):
    y = layers.Conv2D(4, 3, padding="same")(x)
    y = layers.Add()([x, y, layers.Dropout(0.5)(x)])
    return layers.Concatenate()([y, x])


def nested(x):
    return keras.Sequential([layers.Input(SHAPE), layers.Conv2D(3, 3), layers.ReLU()])(x)


@pytest.mark.parametrize(
    "part",
    [
        layers.Conv2D(6, 3, dilation_rate=2),
        layers.SeparableConv2D(5, 3, padding="same", depth_multiplier=2, activation="relu"),
        layers.BatchNormalization(),
        layers.BatchNormalization(scale=False),
        layers.ZeroPadding2D(((1, 2), (0, 3))),
        layers.ReLU(1.0),
        layers.LeakyReLU(0.3),
        layers.Reshape((6, 7, 4)),
        layers.Flatten(),
        layers.GlobalAveragePooling2D(),
        squeeze_and_excite,
        skip_connections,
        nested,
    ],
    ids=lambda part: getattr(part, "__name__", type(part).__name__),
)
@pytest.mark.usefixtures("float64")
def test_layer(rng, part):
    if isinstance(part, keras.Layer):
        # Built under the test's precision, not under that of collection.
        part = type(part).from_config({**part.get_config(), "dtype": "float64"})
    assert_same_as_tape(head_of(part), rng.normal(size=(2, *SHAPE)))


def test_a_dense_layer_of_the_library():
    head = head_of(layers.Flatten(), StackedDense(5, activation="relu"))
    features = np.random.default_rng(3).normal(size=(2, *SHAPE)).astype(np.float32)
    assert_same_as_tape(head, features)


@pytest.mark.parametrize("name", DERIVATIVES)
@pytest.mark.usefixtures("float64")
class TestActivations:
    def test_alone(self, rng, name):
        assert_same_as_tape(head_of(layers.Activation(name)), 3 * rng.normal(size=(2, *SHAPE)))

    def test_inside_a_convolution(self, rng, name):
        assert_same_as_tape(
            head_of(layers.Conv2D(4, 1, activation=name)), rng.normal(size=(2, *SHAPE))
        )

    def test_inside_a_dense_layer(self, rng, name):
        head = head_of(layers.Flatten(), layers.Dense(5, activation=name))
        assert_same_as_tape(head, rng.normal(size=(2, *SHAPE)))


@pytest.mark.usefixtures("float64")
def test_the_maximum_that_ties_is_the_first():
    """By hand: four equal cells, the score's slope goes to the upper left one."""
    features = keras.Input((2, 2, 1))
    pooled = layers.Flatten()(layers.MaxPooling2D(2)(features))
    head = keras.Model(features, layers.Dense(1, kernel_initializer="ones")(pooled))
    zeros = tf.zeros((1, 2, 2, 1), tf.float64)
    logits, steps = forward(head, zeros)
    made = score_gradient(zeros, logits, steps, tf.constant([[0]]))
    np.testing.assert_array_equal(made[0, :, :, 0], [[1, 0], [0, 0]])


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (layers.LayerNormalization(name="norm"), r"layer 'norm' \(LayerNormalization\).*no rule"),
        (layers.Activation("selu", name="act"), "layer 'act': the activation 'selu' has no rule"),
        (
            layers.Dense(3, name="wide"),
            r"layer 'wide': a Dense layer has a rule on inputs \(B, K\)",
        ),
        (layers.ReLU(threshold=0.5, name="bent"), "layer 'bent': a ReLU with a slope or threshold"),
    ],
)
def test_a_layer_without_a_rule_is_named(rng, part, message):
    features = tf.constant(rng.normal(size=(1, *SHAPE)), tf.float32)
    logits, steps = forward(head_of(part), features)
    with pytest.raises(NoRuleError, match=message):
        score_gradient(features, logits, steps, tf.constant([[0]]))


def test_every_rule_says_its_formula():
    assert all(rule.__doc__ for rule in RULES.values())
