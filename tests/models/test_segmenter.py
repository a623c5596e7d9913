"""WeakSegmenter: its terms, its steps, and that what is saved is the model."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import gain_tf
from gain_tf import losses
from gain_tf.models.crf import dense_crf
from gain_tf.models.crf_parameters import TRAINING, CrfParameters

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

CLASSES = 2
CRF = CrfParameters(iterations=2, bilateral_xy=2.0, gaussian_xy=1.0)


@pytest.fixture
def network():
    """Images (N, 8, 8, 3) to logits (N, 4, 4, 3)."""
    layers = keras.layers
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, 2, "same", activation="softplus", name="convolution")(images)
    x = layers.BatchNormalization(name="norm")(x)
    logits = layers.Conv2D(CLASSES + 1, 1, name="logits", bias_initializer="normal")(x)
    return keras.Model(images, logits, name="tiny")


@pytest.fixture
def batch(rng):
    """Three images with cues at most cells, masks with unknown pixels, and labels."""
    cues = np.eye(CLASSES + 1, dtype=bool)[rng.integers(0, CLASSES + 1, (3, 4, 4))]
    cues[:, 0] = False
    mask = rng.integers(0, CLASSES + 1, (3, 8, 8)).astype(np.uint8)
    mask[:, :, 6:] = 255
    image = rng.uniform(0, 255, (3, 8, 8, 3)).astype(np.float32)
    labels = np.array([[1, 0], [1, 1], [0, 1]], np.float32)
    return {"image": image, "cues": cues, "mask": mask}, labels


@pytest.fixture
def make(network):
    def build(method="sec", **settings):
        return gain_tf.WeakSegmenter(network, method=method, **{"crf": CRF, **settings})

    return build


def test_sec_is_seed_expand_and_constrain(make, batch):
    model = make(weight_decay=0.1)
    x, y = batch
    terms = model.terms(x, y, training=False)
    logits = model.network(x["image"], training=False)
    expected = {
        "seed": losses.seed(logits, x["cues"]),
        "expand": losses.expand(logits, y),
        "constrain": losses.constrain(logits, dense_crf(tf.constant(x["image"]), logits, CRF)),
        "regularisation": 0.05 * sum(float(np.sum(np.square(k))) for k in kernels(model)),
    }
    assert list(terms) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(terms[name], value, rtol=1e-5)


def test_a_mask_may_stand_for_cues(make, batch):
    x, y = batch
    mask = np.where(x["cues"].any(axis=-1), x["cues"].argmax(axis=-1), 255).astype(np.uint8)
    for method in ("sec", "gain"):
        model = make(method)
        terms = model.terms(x, y, training=False)
        same = model.terms({"image": x["image"], "mask": mask}, y, training=False)
        assert terms.keys() == same.keys()
        for name, value in terms.items():
            np.testing.assert_allclose(same[name], value, rtol=1e-6)


def kernels(model):
    return [model.network.get_layer(name).get_weights()[0] for name in ("convolution", "logits")]


def test_eq_12_is_classification_of_the_mean_and_eq_11(make, batch):
    x, y = batch
    model = make("gain", weight_decay=0.0)
    logits = model.network(x["image"], training=False).numpy()
    scores = logits[..., 1:].mean(axis=(1, 2))
    p = 1 / (1 + np.exp(-scores))
    margin = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    log_p = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
    terms = model.terms(x, y, training=False)
    assert list(terms) == ["classification", "segmentation"]
    np.testing.assert_allclose(terms["classification"], margin, rtol=1e-5)
    np.testing.assert_allclose(terms["segmentation"], -log_p[x["cues"]].mean(), rtol=1e-5)
    np.testing.assert_allclose(model.image_scores(tf.constant(logits)), p, rtol=1e-5)


def test_supervised_reads_the_mask_at_the_resolution_of_the_map(make, batch):
    x, _ = batch
    model = make("supervised", weight_decay=0.0)
    logits = model.network(x["image"], training=False)
    # The cell's centre lies between four pixels; TensorFlow takes the lower right one.
    expected = losses.pixel_cross_entropy(logits, x["mask"][:, 1::2, 1::2])
    terms = model.terms(x, training=False)
    assert list(terms) == ["segmentation"]
    np.testing.assert_allclose(terms["segmentation"], expected, rtol=1e-6)


def test_last_layers_and_biases_learn_faster(make, batch):
    model = make("gain", weight_decay=0.01)
    model.network.get_layer("norm").trainable = False
    start = model.get_weights()
    steps = []
    for rates in ((1.0, 1.0), (10.0, 2.0)):
        model.logits_rate, model.bias_rate = rates
        model.set_weights(start)
        before = [np.array(v) for v in model.trainable_variables]
        model.compile(keras.optimizers.SGD(1e-3), run_eagerly=True)
        model.train_on_batch(*batch)
        after = model.trainable_variables
        steps.append({v.path: np.array(v) - old for v, old in zip(after, before, strict=True)})
    factors = {"convolution/kernel": 1, "convolution/bias": 2}
    factors |= {"logits/kernel": 10, "logits/bias": 20}
    plain, faster = steps
    assert plain.keys() == factors.keys()
    for path, factor in factors.items():
        np.testing.assert_allclose(faster[path], factor * plain[path], rtol=1e-3, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["sec", "gain", "supervised"])
def test_fit_lowers_the_loss_and_evaluate_reports_each_term(make, batch, method):
    model = make(method)
    model.compile(keras.optimizers.Adam(0.02))
    data = tf.data.Dataset.from_tensors(batch).repeat(25)
    history = model.fit(data, epochs=2, steps_per_epoch=12, shuffle=False, verbose=0).history
    assert history["loss"][1] < history["loss"][0]
    values = model.evaluate(data.take(1), verbose=0, return_dict=True)
    terms = [values[name] for name in model.term_metrics]
    assert set(values) == {"loss", *model.term_metrics}
    np.testing.assert_allclose(values["loss"], sum(terms), rtol=1e-5)
    shares = model.predict(batch[0]["image"], verbose=0)
    assert shares.shape == (3, 4, 4, CLASSES + 1)
    np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-5)


def test_training_goes_on_as_if_nothing_had_happened(make, batch, tmp_path):
    model = make(logits_rate=3.0, weight_decay=0.01)
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), run_eagerly=True)
    model.train_on_batch(*batch)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded, gain_tf.WeakSegmenter)
    assert (loaded.crf, loaded.method, loaded.logits_rate) == (CRF, "sec", 3.0)
    logs = [m.train_on_batch(*batch, return_dict=True) for m in (model, loaded)]
    assert logs[0].keys() == logs[1].keys()
    for one, two in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-6)


def test_the_defaults_are_those_of_sec(network):
    model = gain_tf.WeakSegmenter(network)
    assert (model.method, model.crf, model.weight_decay) == ("sec", TRAINING, 5e-4)
    assert (model.logits_rate, model.bias_rate) == (10.0, 2.0)


@pytest.mark.slow
def test_a_fresh_process_loads_what_was_saved(make, tmp_path):
    make("gain").save(tmp_path / "model.keras")
    code = (
        "import gain_tf, keras\n"
        f"model = keras.saving.load_model({str(tmp_path / 'model.keras')!r})\n"
        "print(type(model).__name__, model.method)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["WeakSegmenter", "gain"]


def test_mistakes_are_named(network):
    with pytest.raises(ValueError, match="one of sec, gain, supervised, not 'ses'"):
        gain_tf.WeakSegmenter(network, method="ses")
    with pytest.raises(ValueError, match="gives 3 logits a cell; 5 classes and background need 6"):
        gain_tf.WeakSegmenter(network, classes=5)
    with pytest.raises(ValueError, match="needs classes="):
        gain_tf.WeakSegmenter("deeplab_vgg16")
    flat = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)], name="flat")
    with pytest.raises(ValueError, match="network 'flat' must give logits"):
        gain_tf.WeakSegmenter(flat)
