"""Every network: shapes, precision, mean colour, saving; heads; names."""

import keras
import numpy as np
import pytest

from gain_tf.models.applications import from_applications
from gain_tf.models.backbone import Backbone, global_average_head
from gain_tf.models.efficientnet_lite0 import efficientnet_lite0
from gain_tf.models.registry import BACKBONES, build_backbone
from gain_tf.models.vgg16 import vgg16

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

IMAGES = np.random.default_rng(1).uniform(0, 255, (2, 96, 64, 3)).astype("float32")
SHAPES = {
    "vgg16": (2, 6, 4, 512),
    "resnet50": (2, 3, 2, 2048),
    "resnet101": (2, 3, 2, 2048),
    "densenet121": (2, 3, 2, 1024),
    "efficientnet_lite0": (2, 3, 2, 1280),
    "small_cnn": (2, 48, 32, 64),
}
OTHERS = {
    "MobileNetV2": (2, 3, 2, 1280),
    "ResNet50V2": (2, 3, 2, 2048),
    "EfficientNetB0": (2, 3, 2, 1280),
    "MobileNetV3Small": (2, 3, 2, 576),
    "ConvNeXtTiny": (2, 3, 2, 768),
}
SLOW = {"resnet101", "densenet121", "ResNet50V2", "EfficientNetB0", "ConvNeXtTiny"}


def names(shapes):
    return [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in shapes]


def values(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def logits(backbone: Backbone, images: np.ndarray) -> np.ndarray:
    return values(backbone.head(backbone.features(images)))


@pytest.fixture
def mixed_float16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)


def test_the_library_has_these_networks():
    assert set(BACKBONES) == set(SHAPES)


@pytest.mark.parametrize("name", names(SHAPES))
def test_shapes_at_any_size(name):
    backbone = build_backbone(name, 7, head="gap", weights=None)
    features = backbone.features(IMAGES)
    assert tuple(features.shape) == SHAPES[name]
    assert tuple(backbone.head(features).shape) == (2, 7)
    assert backbone.features(IMAGES[:, :64]).shape[1] < features.shape[1]


@pytest.mark.parametrize("name", names(OTHERS))
def test_shapes_of_other_keras_networks(name):
    backbone = build_backbone(name, 7, weights=None, image_size=(96, 64))
    features = backbone.features(IMAGES)
    assert tuple(features.shape) == OTHERS[name]
    assert tuple(backbone.head(features).shape) == (2, 7)


def test_networks_that_need_a_size_get_the_usual_one():
    assert from_applications("MobileNetV2", 2, weights=None).features.input_shape[1:3] == (224, 224)
    assert from_applications("MobileNet", 2, weights=None).features.input_shape[1:3] == (None, None)


@pytest.mark.parametrize("name", names([*SHAPES, "MobileNetV2"]))
def test_the_mean_colour_is_zero_after_normalisation(name):
    backbone = build_backbone(name, 2, head="gap", weights=None)
    normalised = keras.Model(
        backbone.features.input, backbone.features.get_layer("normalisation").output
    )
    image = np.broadcast_to(np.float32(backbone.mean_colour), (1, 224, 224, 3))
    np.testing.assert_allclose(values(normalised(image)), 0.0, atol=1e-5)
    assert np.abs(values(normalised(image + 10.0))).min() > 0.03


def test_efficientnet_lite0_has_the_published_number_of_parameters():
    backbone = efficientnet_lite0(1000, weights=None)
    assert backbone.features.count_params() + backbone.head.count_params() == 4_694_024


def test_vgg16_has_the_published_number_of_convolution_parameters():
    assert vgg16(2, head="gap", weights=None).features.count_params() == 14_714_688


def test_vgg16_head_is_pool5_and_three_dense_layers():
    backbone = build_backbone("vgg16", 5, image_size=(96, 64), weights=None)
    widths = [x.units for x in backbone.head.layers if isinstance(x, keras.layers.Dense)]
    assert widths == [4096, 4096, 5]
    assert backbone.head.get_layer("fc6").kernel.shape == (3 * 2 * 512, 4096)
    assert logits(backbone, IMAGES).shape == (2, 5)


@pytest.mark.slow
def test_vgg16_with_its_own_head_is_for_224_pixels_by_default():
    backbone = build_backbone("vgg16", 20, weights=None)
    assert backbone.features.input_shape == (None, 224, 224, 3)
    # VGG-16 has 138,357,544 parameters with 1,000 classes; here the last layer has 20.
    total = backbone.features.count_params() + backbone.head.count_params()
    assert total == 138_357_544 - 980 * 4097


def test_global_average_head_is_a_mean_and_one_dense_layer():
    head = global_average_head(3, 2)
    features = np.random.default_rng(2).normal(size=(4, 5, 6, 3)).astype("float32")
    kernel, bias = (values(weight) for weight in head.get_layer("logits").weights)
    expected = features.mean((1, 2)) @ kernel + bias
    np.testing.assert_allclose(values(head(features)), expected, atol=1e-5)


def test_dropout_acts_in_training_only():
    head = global_average_head(64, 8, dropout=0.5)
    features = np.ones((1, 2, 2, 64), "float32")
    np.testing.assert_array_equal(values(head(features)), values(head(features)))
    assert np.abs(values(head(features, training=True)) - values(head(features))).max() > 1e-3


@pytest.mark.parametrize("name", ["vgg16", "efficientnet_lite0", "MobileNetV2"])
@pytest.mark.usefixtures("mixed_float16")
def test_mixed_precision_keeps_the_head_in_float32(name):
    backbone = build_backbone(name, 3, weights=None, image_size=(64, 64))
    features = backbone.features(IMAGES[:, :64])
    result = backbone.head(features)
    assert keras.backend.standardize_dtype(features.dtype) == "float16"
    assert keras.backend.standardize_dtype(result.dtype) == "float32"
    assert {layer.compute_dtype for layer in backbone.head.layers[1:]} == {"float32"}
    assert backbone.head.input.dtype == "float32"
    assert np.isfinite(values(result)).all()


@pytest.mark.slow
@pytest.mark.parametrize("name", names(["vgg16", "efficientnet_lite0", "EfficientNetB0"]))
def test_both_parts_come_back_from_keras_files(name, tmp_path):
    built = build_backbone(name, 3, head="gap", weights=None, image_size=(64, 64))
    built.features.save(tmp_path / "features.keras")
    built.head.save(tmp_path / "head.keras")
    loaded = Backbone(
        keras.saving.load_model(tmp_path / "features.keras"),
        keras.saving.load_model(tmp_path / "head.keras"),
        built.mean_colour,
    )
    images = IMAGES[:, :64]
    np.testing.assert_allclose(logits(loaded, images), logits(built, images), atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "resnet5"}, "nearest: resnet50"),
        ({"name": "MobilNetV2"}, "nearest: MobileNetV2"),
        ({"name": "resnet50", "head": "fc"}, "resnet50 has no head 'fc'; it has gap"),
        ({"name": "MobileNetV2", "head": "fc"}, "it has gap"),
        ({"name": "vgg16", "head": "max"}, "it has fc, gap"),
        ({"name": "vgg16", "head": "conv"}, "auto, gap, fc, max, truncate"),
    ],
)
def test_mistakes_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        build_backbone(classes=2, weights=None, **arguments)


def test_from_applications_names_the_nearest_network():
    with pytest.raises(ValueError, match="nearest: DenseNet121"):
        from_applications("DenseNet12", 2, weights=None)
