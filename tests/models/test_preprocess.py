"""`ChannelNormalisation`: the numbers, the channel order, the precision."""

import keras
import numpy as np
import pytest

from gain_tf.models.applications import application_names, normalisation_of
from gain_tf.models.preprocess import ChannelNormalisation

IMAGES = np.random.default_rng(3).integers(0, 256, (2, 4, 5, 3)).astype("float32")


def values(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def test_normalises_each_channel_by_its_own_mean_and_scale():
    layer = ChannelNormalisation((10.0, 20.0, 30.0), (1.0, 2.0, 4.0))
    pixel = np.array([[[[11.0, 24.0, 10.0]]]], "float32")
    np.testing.assert_array_equal(values(layer(pixel)), [[[[1.0, 2.0, -5.0]]]])


def test_bgr_swaps_the_channels_after_subtracting_a_mean_in_rgb_order():
    layer = ChannelNormalisation((10.0, 20.0, 30.0), channel_order="bgr")
    pixel = np.array([[[[11.0, 24.0, 10.0]]]], "float32")
    np.testing.assert_array_equal(values(layer(pixel)), [[[[-20.0, 4.0, 1.0]]]])


def test_takes_bytes():
    layer = ChannelNormalisation((127.0,) * 3, (128.0,) * 3)
    np.testing.assert_array_equal(values(layer(IMAGES.astype("uint8"))), values(layer(IMAGES)))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_keeps_grey_levels_apart_in_half_precision(dtype):
    layer = ChannelNormalisation((254.0,) * 3, dtype=keras.DTypePolicy(f"mixed_{dtype}"))
    result = layer(np.full((1, 1, 1, 3), 254.25, "float32"))
    assert keras.backend.standardize_dtype(result.dtype) == dtype
    np.testing.assert_array_equal(values(keras.ops.cast(result, "float32")), 0.25)


def test_has_no_weights_and_survives_serialisation():
    layer = ChannelNormalisation((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), "bgr")
    config = keras.saving.serialize_keras_object(layer)
    copy = keras.saving.deserialize_keras_object(config)
    assert not copy.weights
    np.testing.assert_array_equal(values(copy(IMAGES)), values(layer(IMAGES)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mean": (1.0, 2.0)}, "mean needs one number per channel"),
        ({"mean": (1.0,) * 3, "scale": (1.0, 0.0, 1.0)}, "scale must be positive"),
        ({"mean": (1.0,) * 3, "channel_order": "gbr"}, "channel_order"),
    ],
)
def test_refuses_nonsense(arguments, message):
    with pytest.raises(ValueError, match=message):
        ChannelNormalisation(**arguments)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("VGG16", "vgg16"),
        ("VGG19", "vgg19"),
        ("ResNet50", "resnet"),
        ("ResNet152V2", "resnet_v2"),
        ("DenseNet121", "densenet"),
        ("MobileNet", "mobilenet"),
        ("MobileNetV2", "mobilenet_v2"),
        ("InceptionV3", "inception_v3"),
        ("InceptionResNetV2", "inception_resnet_v2"),
        ("NASNetLarge", "nasnet"),
        ("Xception", "xception"),
    ],
)
def test_agrees_with_the_preprocessing_of_keras(name, module):
    expected = getattr(keras.applications, module).preprocess_input(IMAGES.copy())
    np.testing.assert_allclose(values(normalisation_of(name)(IMAGES)), expected, atol=2e-5)


@pytest.mark.parametrize(
    "name",
    [
        "MobileNetV3Small",
        "EfficientNetV2B0",
        pytest.param("EfficientNetV2S", marks=pytest.mark.slow),
    ],
)
def test_agrees_with_the_first_layers_of_networks_that_normalise_themselves(name):
    network = getattr(keras.applications, name)(weights=None, include_top=False)
    front = [
        layer
        for layer in network.layers[:4]
        if isinstance(layer, (keras.layers.Rescaling, keras.layers.Normalization))
    ]
    expected = IMAGES
    for layer in front:
        expected = layer(expected)
    assert front
    np.testing.assert_allclose(values(normalisation_of(name)(IMAGES)), values(expected), atol=2e-5)


def test_every_network_of_keras_has_a_normalisation():
    assert {"VGG16", "EfficientNetB7", "ConvNeXtTiny"} <= set(application_names())
    for name in application_names():
        assert len(normalisation_of(name).mean) == 3


def test_an_unknown_family_is_refused():
    with pytest.raises(ValueError, match="TransformerXL"):
        normalisation_of("TransformerXL")
