"""Checkpoints: the newest two, whole, with the optimiser's state."""

import keras
import numpy as np
import pytest

from gain_tf.errors import UserError
from gain_tf.training.checkpoint import KEPT, Checkpoint, checkpoints, epochs_done, resumed

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def model():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "mse")
    return model


@pytest.fixture
def callback(model, tmp_path):
    callback = Checkpoint(tmp_path / "checkpoints")
    callback.set_model(model)
    return callback


def test_the_newest_are_kept(callback):
    assert checkpoints(callback.folder) == []
    for epoch in range(11):
        callback.on_epoch_end(epoch)
    names = [path.name for path in callback.folder.iterdir()]
    assert sorted(names) == ["epoch-0010.keras", "epoch-0011.keras"]
    assert KEPT == 2
    (callback.folder / "epoch-best.keras").touch()
    assert [epochs_done(path) for path in checkpoints(callback.folder)] == [10, 11]


def test_a_checkpoint_is_the_whole_state(callback, model):
    model.train_on_batch(np.ones((4, 3)), np.ones((4, 2)))
    callback.on_epoch_end(0)
    loaded = keras.saving.load_model(checkpoints(callback.folder)[-1])
    assert loaded.optimizer.iterations == 1
    for one, two in zip(model.variables, loaded.variables, strict=True):
        np.testing.assert_array_equal(one, two)
    momenta = zip(model.optimizer.variables, loaded.optimizer.variables, strict=True)
    for one, two in momenta:
        np.testing.assert_array_equal(one, two)
    assert np.abs(model.optimizer.variables[2]).max() > 0


def test_a_failed_save_leaves_what_was_there(callback, model):
    """What cannot be saved: the new file must not appear, the old one must stay."""
    callback.on_epoch_end(0)
    before = checkpoints(callback.folder)[0].read_bytes()
    callback.set_model(object())
    with pytest.raises(AttributeError):
        callback.on_epoch_end(0)
    assert [path.name for path in callback.folder.iterdir()] == ["epoch-0001.keras"]
    assert checkpoints(callback.folder)[0].read_bytes() == before


def loading(path):
    """What `load_gain` does, of a model that is no GAIN."""
    if path.stat().st_size < 100:
        raise UserError(f"{path}: is no model that can be loaded")
    return keras.saving.load_model(path)


def test_training_goes_on_from_the_newest_that_can_be_loaded(callback, model, caplog):
    assert resumed(callback.folder, loading) is None
    model.train_on_batch(np.ones((4, 3)), np.ones((4, 2)))
    for epoch in range(2):
        model.set_weights([np.full(w.shape, epoch, np.float32) for w in model.get_weights()])
        callback.on_epoch_end(epoch)
    loaded, done = resumed(callback.folder, loading)
    assert (done, loaded.get_weights()[0].max()) == (2, 1)
    checkpoints(callback.folder)[-1].write_bytes(b"lost")
    loaded, done = resumed(callback.folder, loading)
    assert (done, loaded.get_weights()[0].max()) == (1, 0)
    assert "epoch-0002.keras: is no model that can be loaded" in caplog.text
    checkpoints(callback.folder)[0].write_bytes(b"lost")
    assert resumed(callback.folder, loading) is None
