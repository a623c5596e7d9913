"""What is saved is the model: weights, settings, optimiser; training goes on from there."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import gain_tf

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SETTINGS = {
    "alpha": 0.5,
    "omega": 3.0,
    "kind": "both",
    "sigma": 0.4,
    "slope": 8.0,
    "normalise": "max",
    "weight_gradient": False,
    "erase_to": "black",
    "box_prior": "free",
}


def assert_same_weights(one, two):
    for a, b in zip(one.get_weights(), two.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def round_trip(tmp_path):
    def save_and_load(model):
        model.save(tmp_path / "model.keras")
        return keras.saving.load_model(tmp_path / "model.keras")

    return save_and_load


def test_training_goes_on_as_if_nothing_had_happened(make_features, make_gain, batch, round_trip):
    features = make_features(keras.layers.BatchNormalization())
    model = make_gain(features, audit=True)
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
    model.compile(optimizer, metrics=["binary_accuracy"], run_eagerly=True)
    for _ in range(2):
        model.train_on_batch(*batch)
    loaded = round_trip(model)
    assert isinstance(loaded, gain_tf.GAIN)
    assert loaded.optimizer.iterations == 2
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    momenta = zip(loaded.optimizer.variables, model.optimizer.variables, strict=True)
    for one, two in momenta:
        np.testing.assert_array_equal(one, two)
    assert_same_weights(loaded, model)
    images = batch[0]["image"]
    np.testing.assert_array_equal(
        loaded.predict(images, verbose=0), model.predict(images, verbose=0)
    )
    np.testing.assert_allclose(
        loaded.attention(images, [0, 2]), model.attention(images, [0, 2]), rtol=0, atol=1e-6
    )
    before = model.get_weights()
    logs = [m.train_on_batch(*batch, return_dict=True) for m in (model, loaded)]
    assert logs[0].keys() == logs[1].keys()
    for now, then, start in zip(loaded.get_weights(), model.get_weights(), before, strict=True):
        np.testing.assert_allclose(now, then, rtol=0, atol=1e-7)
        assert np.abs(now - start).max() > 0


def test_every_setting_comes_back(make_gain, round_trip):
    model = make_gain(
        **SETTINGS,
        activation="softmax",
        max_labels=2,
        unguided_classes=[1],
        mean_colour=(0.1, 0.2, 0.3),
        name="guided",
    )
    loaded = round_trip(model)
    assert loaded.guidance == model.guidance
    assert {name: getattr(loaded.guidance, name) for name in SETTINGS} == SETTINGS
    for name in ("activation", "max_labels", "unguided_classes", "mean_colour", "classes", "name"):
        assert getattr(loaded, name) == getattr(model, name)
    assert loaded.unguided_classes == (1,)
    assert_same_weights(loaded, model)


@pytest.mark.parametrize(
    "loss", [keras.losses.BinaryCrossentropy(label_smoothing=0.1), "binary_crossentropy"]
)
def test_the_users_loss_comes_back(make_gain, batch, round_trip, loss):
    model = make_gain(kind="none")
    model.compile("sgd", loss=loss, run_eagerly=True)
    loaded = round_trip(model)
    terms = [
        float(m.terms(*batch, training=False)[1]["classification"].value) for m in (model, loaded)
    ]
    assert terms[0] == terms[1]
    default = make_gain(model.features, model.head, kind="none")
    default = float(default.terms(*batch, training=False)[1]["classification"].value)
    if not isinstance(loss, str):
        assert abs(terms[0] - default) > 1e-4


def test_frozen_layers_stay_frozen(make_features, make_gain, round_trip):
    features = make_features()
    features.get_layer("convolution").trainable = False
    loaded = round_trip(make_gain(features))
    assert not loaded.features.get_layer("convolution").trainable
    assert len(loaded.trainable_variables) == 4


def test_a_model_built_in_half_precision_comes_back_so(make_gain, batch, round_trip):
    keras.config.set_dtype_policy("mixed_float16")
    model = make_gain()
    model.compile("sgd", run_eagerly=True)
    model.train_on_batch(*batch)
    keras.config.set_dtype_policy("float32")
    loaded = round_trip(model)
    assert loaded.features.get_layer("convolution").compute_dtype == "float16"
    assert isinstance(loaded.optimizer, keras.optimizers.LossScaleOptimizer)
    images = batch[0]["image"]
    np.testing.assert_array_equal(
        loaded.predict(images, verbose=0), model.predict(images, verbose=0)
    )


def test_weights_alone_round_trip(make_gain, tmp_path):
    model, other = make_gain(), make_gain()
    model.save_weights(tmp_path / "some.weights.h5")
    other.load_weights(tmp_path / "some.weights.h5")
    assert_same_weights(model, other)


@pytest.mark.slow
@pytest.mark.parametrize("imports", ["import gain_tf, keras", "import keras, gain_tf"])
def test_a_fresh_process_loads_what_was_saved(tmp_path, imports):
    features = keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Conv2D(4, 3)])
    head = keras.Sequential(
        [
            keras.Input((14, 14, 4)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2),
        ]
    )
    gain_tf.GAIN(features, head, alpha=0.5).save(tmp_path / "model.keras")
    code = (
        f"{imports}\nmodel = keras.saving.load_model({str(tmp_path / 'model.keras')!r})\n"
        "print(type(model).__name__, model.guidance.alpha)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["GAIN", "0.5"]
