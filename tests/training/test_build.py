"""What a config makes of a network: which weights it keeps, how its batch norms follow."""

from dataclasses import replace

import keras
import pytest
import tensorflow as tf
from support import tiny_config

from gain_tf.config import ConfigError
from gain_tf.data.registry import load_data
from gain_tf.models.gain import GAIN
from gain_tf.training.build import build_model
from gain_tf.training.run import fit_run


@pytest.fixture(scope="module")
def data():
    return load_data(tiny_config().data)


def batch_norms(model):
    kind = keras.layers.BatchNormalization
    return [layer for layer in model.features.layers if isinstance(layer, kind)]


def test_batch_norms_follow_as_the_network_has_it(data):
    layers = batch_norms(build_model(tiny_config(model__freeze_batch_norm=False), data, 1))
    assert layers
    assert all(layer.trainable and layer.momentum == 0.99 for layer in layers)


def test_batch_norms_of_one_s_own_momentum(data):
    config = tiny_config(model__freeze_batch_norm=False, model__batch_norm_momentum=0.5)
    assert {layer.momentum for layer in batch_norms(build_model(config, data, 1))} == {0.5}


def test_frozen_batch_norms_keep_everything(data):
    model = build_model(tiny_config(model__freeze_batch_norm=True), data, 1)
    assert not any(layer.trainable_variables for layer in batch_norms(model))
    assert model.features.trainable_variables


def test_batch_norms_behind_the_target_layer_are_frozen_too(data):
    config = tiny_config(
        model__head="auto", model__freeze_batch_norm=True, model__batch_norm_momentum=0.5
    )
    kind = keras.layers.BatchNormalization
    behind = [
        layer for layer in build_model(config, data, 1).head.layers if isinstance(layer, kind)
    ]
    assert behind
    assert not any(layer.trainable for layer in behind)
    assert {layer.momentum for layer in behind} == {0.5}


def test_layers_frozen_up_to_one(data):
    layers = build_model(tiny_config(), data, 1).features.layers
    with_weights = [layer.name for layer in layers if layer.weights]
    last = with_weights[2]
    model = build_model(tiny_config(model__freeze_until=last), data, 1)
    frozen = [
        layer.name for layer in model.features.layers if layer.weights and not layer.trainable
    ]
    assert frozen == with_weights[:3]


@pytest.mark.parametrize("single_label", [True, False])
def test_the_first_step_is_traced_once(data, monkeypatch, single_label):
    traced = []
    train_step = GAIN.train_step

    def counted(self, batch):
        traced.append(1)
        return train_step(self, batch)

    monkeypatch.setattr(GAIN, "train_step", counted)
    config = tiny_config(model__freeze_batch_norm=False)
    model = build_model(config, replace(data, single_label=single_label), 2)
    split = data.splits["train"]
    images = split.pictures.images[:4].astype("float32")
    logs = model.fit(images, split.labels[:4], batch_size=2, verbose=0).history
    assert len(traced) == 1
    assert ("accuracy" if single_label else "binary_accuracy") in logs


@pytest.mark.parametrize(
    ("changes", "asked", "most"),
    [
        ({}, {}, 1),
        ({"single_label": False}, {}, None),
        ({"unguided_classes": [0]}, {}, None),
        ({}, {"guidance__max_labels": 2}, 2),
        ({}, {"training__jit": False}, None),
    ],
    ids=["one object", "several labels", "a class without object", "asked for", "without XLA"],
)
def test_on_a_gpu_the_pairs_are_fixed_where_that_costs_nothing(data, a_gpu, changes, asked, most):
    config = tiny_config(**{"training__jit": "auto", **asked})
    model = build_model(config, replace(data, **changes), 2)
    assert model.max_labels == most
    assert model.jit_compile == (most is not None)


def test_without_a_gpu_the_pairs_are_those_there_are(data):
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    assert build_model(tiny_config(training__jit="auto"), data, 2).max_labels is None


def test_a_row_s_mistake_is_known_before_the_run_begins(tmp_path):
    rows = {"other": {"guidance.max_labels": 9}}
    asked = tiny_config(run__root=str(tmp_path), evaluation__rows=rows)
    with pytest.raises(ConfigError, match="max_labels must lie in 1 to 4, not 9"):
        fit_run(asked)
    assert not list(tmp_path.iterdir())
