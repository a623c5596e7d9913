"""Pictures of any size into one graph: its resize, its maps, its outputs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gain_tf
from gain_export.answers import onnx_run, session_of
from gain_export.checks import check_graph
from gain_export.graph import inference_of
from gain_export.onnx_graph import onnx_graph
from gain_export.precision import in_float32
from gain_export.rules import NoRuleError
from gain_tf.data.pipeline import resize_image
from gain_tf.errors import FailedError

SIZES = [(100, 80), (24, 16), (333, 47), (1, 77), (77, 1), (20, 13), (1, 1), (501, 700), (25, 15)]


def opened(inference):
    graph = onnx_graph(inference)
    check_graph(graph, inference)
    return onnx_run(session_of(graph.SerializeToString()))


@pytest.fixture(scope="module")
def raw():
    """A classifier whose scores are pixels: what the network sees comes out."""
    images = keras.Input((24, 16, 3))
    features = keras.Model(images, keras.layers.Rescaling(1 / 255)(images))
    flat = keras.Input((24, 16, 3))
    logits = keras.layers.Flatten()(flat)
    head = keras.Model(flat, keras.layers.Dense(24 * 16 * 3, "linear", name="same")(logits))
    head.get_layer("same").set_weights([np.eye(24 * 16 * 3), np.zeros(24 * 16 * 3)])
    return gain_tf.GAIN(features, head, activation="sigmoid", audit=False)


@pytest.mark.parametrize("size", SIZES)
def test_pictures_are_resized_as_in_training(raw, size, rng):
    """Up, down, square or not, one pixel high: to a thousandth of a grey level."""
    run = opened(inference_of(raw, (24, 16)))
    picture = rng.integers(0, 256, (2, *size, 3)).astype(np.uint8)
    scores = run(picture)["scores"].astype(np.float64)
    seen = 255 * np.log(scores / (1 - scores)).reshape(2, 24, 16, 3)
    expected = np.stack([resize_image(each, (24, 16)) for each in picture])
    np.testing.assert_allclose(seen, expected, rtol=0, atol=2e-3)


@pytest.fixture(scope="module")
def small():
    keras.utils.set_random_seed(3)
    features = keras.Sequential(
        [
            keras.Input((None, None, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(6, 3, 4, "same", activation="relu"),
        ]
    )
    head = keras.Sequential(
        [
            keras.Input((None, None, 6)),
            keras.layers.Conv2D(5, 1, activation="tanh"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(4),
        ]
    )
    return gain_tf.GAIN(features, head, activation="softmax")


@pytest.mark.parametrize("top", [1, 3])
def test_scores_and_maps_are_the_model_s(small, top, rng):
    run = opened(inference_of(small, (32, 24), top=top))
    pictures = rng.integers(0, 256, (3, 50, 41, 3)).astype(np.uint8)
    answers = run(pictures)
    resized = np.stack([resize_image(each, (32, 24)) for each in pictures])
    scores = small.predict(resized, verbose=0)
    np.testing.assert_allclose(answers["scores"], scores, rtol=0, atol=1e-6)
    best = np.argsort(-scores, axis=1)[:, :top]
    np.testing.assert_array_equal(answers["attention_class"], best)
    assert answers["attention_class"].dtype == np.int64
    maps = small.attention(resized, best)
    assert maps.max() > 0.9
    assert answers["attention"].shape == (3, top, 8, 6)
    np.testing.assert_allclose(answers["attention"], maps, rtol=0, atol=1e-5)


def test_a_network_of_free_size_takes_pictures_as_they_are(small, rng):
    start = keras.Input((None, None, 6))
    pooled = keras.layers.GlobalAveragePooling2D()(start)
    head = keras.Model(start, keras.layers.Dense(4)(pooled))
    free = gain_tf.GAIN(small.features, head, activation="softmax", audit=False)
    picture = rng.integers(0, 256, (1, 40, 28, 3)).astype(np.uint8)
    answers = opened(inference_of(free, None))(picture)
    expected = free.predict(picture.astype(np.float32), verbose=0)
    np.testing.assert_allclose(answers["scores"], expected, rtol=0, atol=1e-6)
    assert answers["attention"].shape == (1, 1, 10, 7)


def test_a_convolution_in_the_head_needs_a_fixed_size(small):
    with pytest.raises(NoRuleError, match="needs images of a fixed size; give image_size"):
        onnx_graph(inference_of(small, None))


def test_what_a_layer_holds_as_a_tensor_is_a_constant(rng):
    """The mean of Keras's own Normalization, given or learned, is no weight."""
    given = keras.layers.Normalization(mean=[90.0, 120.0, 140.0], variance=[400.0, 900.0, 1600.0])
    learned = keras.layers.Normalization()
    learned.adapt(rng.normal(3.0, 2.0, (4, 8, 8, 3)))
    images = keras.Input((24, 16, 3))
    made = keras.layers.Conv2D(6, 3, 4, activation="relu")(learned(given(images)))
    entry = keras.Input(made.shape[1:])
    logits = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(entry))
    model = gain_tf.GAIN(keras.Model(images, made), keras.Model(entry, logits))
    picture = rng.integers(0, 256, (2, 24, 16, 3)).astype(np.uint8)
    answers = opened(inference_of(model, None))(picture)
    np.testing.assert_allclose(answers["scores"], model(picture), rtol=0, atol=1e-6)


def test_without_attention_there_are_scores_alone(small, rng):
    answers = opened(inference_of(small, (32, 24), attention=False))(
        rng.integers(0, 256, (1, 9, 9, 3)).astype(np.uint8)
    )
    assert set(answers) == {"scores"}


def test_an_image_that_is_seen_nowhere_has_a_map_of_zeros(small):
    """A constant picture through a head whose every weight is negative: no NaN."""
    dead = keras.models.clone_model(small)
    dead.set_weights([-np.abs(weight) for weight in small.get_weights()])
    answers = opened(inference_of(dead, (32, 24)))(np.full((1, 5, 5, 3), 255, np.uint8))
    np.testing.assert_array_equal(answers["attention"], 0)


def test_the_same_model_gives_the_same_bytes(small):
    inference = inference_of(small, (32, 24))
    assert onnx_graph(inference).SerializeToString() == onnx_graph(inference).SerializeToString()


def test_no_axis_is_added_that_is_none(small):
    """OpenVINO takes an Unsqueeze without axes for one with an axis, and refuses the model."""
    graph = onnx_graph(inference_of(small, (24, 16))).graph
    constants = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    axes = [constants[node.input[1]] for node in graph.node if node.op_type == "Unsqueeze"]
    assert [0] not in axes


def test_mixed_precision_is_exported_in_float32(rng):
    keras.config.set_dtype_policy("mixed_bfloat16")
    features = keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Conv2D(4, 3, 4, "same", activation="relu")]
    )
    start = keras.Input((4, 4, 4), dtype="float32")
    pooled = keras.layers.GlobalAveragePooling2D(dtype="float32")(start)
    head = keras.Model(start, keras.layers.Dense(3, dtype="float32")(pooled))
    mixed = gain_tf.GAIN(features, head, activation="softmax", audit=False)
    keras.config.set_dtype_policy("float32")
    whole = in_float32(mixed)
    picture = rng.integers(0, 256, (1, 16, 16, 3)).astype(np.uint8)
    scores = opened(inference_of(mixed, None))(picture)["scores"]
    np.testing.assert_allclose(scores, whole.predict(picture, verbose=0), rtol=0, atol=1e-6)
    # The weights are the mixed model's own.
    for ours, theirs in zip(whole.get_weights(), mixed.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert in_float32(whole) is whole


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("vgg16", {}),
        ("vgg16", {"head": "gap"}),
        ("resnet50", {}),
        ("resnet101", {}),
        ("densenet121", {}),
        ("efficientnet_lite0", {}),
        ("efficientnet_lite0", {"target_layer": "block6a_expand_relu6"}),
        ("MobileNetV2", {"target_layer": "block_12_add"}),
        ("DenseNet121", {"target_layer": "pool4_conv"}),
        ("EfficientNetB0", {"target_layer": "block6a_expand_activation"}),
    ],
)
def test_every_network_of_the_library(name, settings, rng):
    size = (64, 64)
    model = gain_tf.GAIN(
        name,
        classes=3,
        weights=None,
        activation="softmax",
        image_size=size,
        audit=False,
        **settings,
    )
    picture = rng.integers(0, 256, (2, 70, 51, 3)).astype(np.uint8)
    answers = opened(inference_of(model, size))(picture)
    resized = tf.stack([resize_image(each, size) for each in picture])
    scores, maps = model.explain(resized, tf.constant(answers["attention_class"], tf.int32))
    np.testing.assert_allclose(answers["scores"], scores, rtol=0, atol=1e-5)
    np.testing.assert_allclose(answers["attention"], maps, rtol=0, atol=1e-3)


def test_a_size_that_the_network_cannot_take_is_refused(raw):
    with pytest.raises(ValueError, match="takes images of 24 x 16 alone, not of 32 x 32"):
        inference_of(raw, (32, 32))
    with pytest.raises(ValueError, match="attention for the best 5 of 4 classes"):
        inference_of(raw.__class__(raw.features, _four(), audit=False), None, top=5)


def test_images_of_other_channels_are_refused():
    images = keras.Input((24, 16, 1))
    features = keras.Model(images, keras.layers.Conv2D(3, 1)(images))
    with pytest.raises(ValueError, match="RGB images can be exported, not one of 1 channels"):
        inference_of(gain_tf.GAIN(features, _four(), audit=False), None)


def _four():
    start = keras.Input((24, 16, 3))
    return keras.Model(start, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(start)))


class TestChecks:
    @pytest.fixture
    def made(self, small):
        inference = inference_of(small, (32, 24))
        return onnx_graph(inference), inference

    def test_an_operation_of_another_domain(self, made):
        graph, inference = made
        graph.graph.node[3].domain = "com.example"
        with pytest.raises(FailedError, match=r"is .* of 'com\.example'"):
            check_graph(graph, inference)

    def test_a_constant_that_became_an_input(self, made):
        graph, inference = made
        extra = graph.graph.input.add()
        extra.CopyFrom(graph.graph.input[0])
        extra.name = "mean"
        with pytest.raises(FailedError, match="its inputs are image, mean, not image alone"):
            check_graph(graph, inference)

    def test_an_output_of_another_shape(self, made):
        graph, inference = made
        graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 7
        with pytest.raises(FailedError, match=r"'scores' is FLOAT \('N', 7\), not \('N', 4\)"):
            check_graph(graph, inference)

    def test_an_operation_that_was_not_converted(self, made):
        graph, inference = made
        graph.graph.node[3].op_type = "ScaleAndTranslate"
        with pytest.raises(FailedError, match="ScaleAndTranslate"):
            check_graph(graph, inference)
