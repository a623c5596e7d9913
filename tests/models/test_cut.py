"""A target layer moves the border between features and head, never the function."""

import keras
import numpy as np
import pytest

from gain_tf.models.registry import build_backbone

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

IMAGES = np.random.default_rng(5).uniform(0, 255, (2, 64, 64, 3)).astype("float32")
CUTS = [
    ("vgg16", "block4_conv3", (2, 8, 8, 512)),
    ("efficientnet_lite0", "block5c_add", (2, 4, 4, 112)),
    pytest.param("resnet50", "conv4_block6_out", (2, 4, 4, 1024), marks=pytest.mark.slow),
    pytest.param("densenet121", "conv4_block24_concat", (2, 4, 4, 1024), marks=pytest.mark.slow),
    ("MobileNetV2", "block_12_add", (2, 4, 4, 96)),
    ("MobileNetV3Small", "expanded_conv_7_add", (2, 4, 4, 48)),
]
CONVNEXT = "convnext_tiny_stage_3_block"


def values(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def with_lively_statistics(model: keras.Model) -> keras.Model:
    """Moving statistics away from 0 and 1, so that a lost or swapped one shows."""
    rng = np.random.default_rng(7)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.moving_mean.shape
            layer.moving_mean.assign(rng.uniform(-0.1, 0.1, shape))
            layer.moving_variance.assign(rng.uniform(0.5, 1.0, shape))
    return model


@pytest.mark.slow
@pytest.mark.parametrize(("name", "layer", "shape"), CUTS)
def test_a_cut_network_is_the_same_function(name, layer, shape, tmp_path):
    options = {"head": "gap", "image_size": (64, 64)}
    whole = build_backbone(name, 4, weights=None, **options)
    with_lively_statistics(whole.features).save_weights(tmp_path / "some.weights.h5")
    halved = build_backbone(
        name, 4, weights=tmp_path / "some.weights.h5", target_layer=layer, **options
    )
    halved.head.get_layer("logits").set_weights(whole.head.get_layer("logits").get_weights())

    features = halved.features(IMAGES)
    assert tuple(features.shape) == shape
    expected = values(whole.head(whole.features(IMAGES)))
    assert np.abs(expected).max() > 1e-3
    tolerance = 1e-4 * np.abs(expected).max()
    np.testing.assert_allclose(values(halved.head(features)), expected, atol=tolerance)
    assert halved.mean_colour == whole.mean_colour


def test_the_tail_works_in_float32_under_mixed_precision():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        options = {"weights": None, "image_size": (64, 64), "target_layer": "block5c_add"}
        backbone = build_backbone("efficientnet_lite0", 4, **options)
    finally:
        keras.config.set_dtype_policy(before)
    features = backbone.features(IMAGES)
    assert keras.backend.standardize_dtype(features.dtype) == "float16"
    assert {layer.compute_dtype for layer in backbone.head.layers[1:]} == {"float32"}
    assert backbone.head.input.dtype == "float32"
    assert np.isfinite(values(backbone.head(features))).all()


def test_the_parts_share_no_weights():
    options = {"weights": None, "image_size": (64, 64), "target_layer": "block5c_add"}
    backbone = build_backbone("efficientnet_lite0", 1000, **options)
    total = backbone.features.count_params() + backbone.head.count_params()
    assert total == 4_694_024


def test_vgg16_keeps_its_fully_connected_head_behind_an_earlier_layer():
    options = {"weights": None, "image_size": (64, 64), "target_layer": "block4_conv3"}
    head = build_backbone("vgg16", 4, **options).head
    names = [layer.name for layer in head.layers]
    assert names[1:5] == ["block4_pool", "block5_conv1", "block5_conv2", "block5_conv3"]
    assert names[5:8] == ["pool5", "flatten", "fc6"]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("block5c_ad", "nearest: block5c_add"),
        ("images", r"no layer 'images' with an output \(B, h, w, K\)"),
        ("normalisation", r"no layer 'normalisation' with an output \(B, h, w, K\)"),
        ("block5b_expand_conv", "next layer where it can be cut is 'block5b_add'"),
    ],
)
def test_layers_that_cannot_be_targets_are_named(layer, message):
    with pytest.raises(ValueError, match=message):
        build_backbone("efficientnet_lite0", 4, weights=None, target_layer=layer)


def test_behind_the_last_sum_only_the_end_of_the_network_is_left():
    """ConvNeXt adds its blocks up by operations, which are no layers and have no name."""
    options = {"weights": None, "image_size": (64, 64)}
    with pytest.raises(ValueError, match="where it can be cut is 'layer_normalization") as error:
        build_backbone("ConvNeXtTiny", 4, target_layer=f"{CONVNEXT}_2_gelu", **options)
    assert f"cannot be cut at '{CONVNEXT}_2_gelu'" in str(error.value)


def test_the_last_layer_is_a_target_too():
    options = {"weights": None, "image_size": (64, 64)}
    whole = build_backbone("efficientnet_lite0", 4, **options)
    last = whole.features.layers[-1].name
    cut = build_backbone("efficientnet_lite0", 4, target_layer=last, **options)
    assert cut.features.output_shape == whole.features.output_shape
    assert cut.head.count_params() == whole.head.count_params()


def test_a_truncated_network_ends_at_its_target_layer():
    options = {"weights": None, "image_size": (64, 64)}
    short = build_backbone(
        "efficientnet_lite0", 4, head="truncate", target_layer="block6a_expand_relu6", **options
    )
    assert short.features.output_shape == (None, 4, 4, 672)
    assert short.features.layers[-1].name == "block6a_expand_relu6"
    assert short.head.count_params() == 4 * (672 + 1)
    with pytest.raises(ValueError, match="needs a target_layer"):
        build_backbone("efficientnet_lite0", 4, head="truncate", **options)
    with pytest.raises(ValueError, match="block6a_expand_relu6"):
        build_backbone(
            "efficientnet_lite0", 4, head="truncate", target_layer="block6a_relu", **options
        )


def test_smaller_strides_make_larger_maps():
    options = {"weights": None, "image_size": (64, 64)}
    fine = build_backbone("efficientnet_lite0", 4, output_stride=16, **options)
    assert fine.features.output_shape == (None, 4, 4, 1280)
    assert fine.features.get_layer("block6b_depthwise_conv").dilation_rate == (2, 2)
    finest = build_backbone("efficientnet_lite0", 4, output_stride=8, **options)
    assert finest.features.output_shape == (None, 8, 8, 1280)
    assert finest.features.get_layer("block4b_depthwise_conv").dilation_rate == (2, 2)
    assert finest.features.get_layer("block6b_depthwise_conv").dilation_rate == (4, 4)
    with pytest.raises(ValueError, match="8, 16 or 32"):
        build_backbone("efficientnet_lite0", 4, output_stride=4, **options)
    with pytest.raises(ValueError, match="belongs to efficientnet_lite0"):
        build_backbone("resnet50", 4, output_stride=16, **options)
