"""A loss that is no number stops training: where, which term, which images; nothing bad is kept."""

import json

import keras
import numpy as np
import pytest

from gain_tf.training.checkpoint import Checkpoint, checkpoints
from gain_tf.training.divergence import RECORD, DivergedError, StopOnDivergence

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def images_of(epoch, step):
    return [f"epoch {epoch} step {step} image {place}" for place in range(5)]


@pytest.fixture
def callback(tmp_path):
    return StopOnDivergence(images_of, tmp_path)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_the_terms_and_the_images_are_named(callback, tmp_path, value):
    callback.on_epoch_begin(3)
    callback.on_train_batch_end(6, {"loss": 1.0, "zero_maps": 0.0})
    logs = {"loss": value, "box_attention": value, "classification": 2.0}
    said = (
        r"epoch 4, step 8: box_attention is not finite on the images epoch 3 step 7 image 0, "
        r"epoch 3 step 7 image 1, epoch 3 step 7 image 2 and 2 more \(all in .*diverged.json\)"
    )
    callback.on_train_batch_begin(7)
    with pytest.raises(DivergedError, match=said):
        callback.on_train_batch_end(7, logs)
    record = json.loads((tmp_path / RECORD).read_text())
    assert (record["epoch"], record["step"]) == (4, 8)
    assert record["not_finite"] == ["box_attention"]
    assert record["metrics"] == {
        "loss": str(value),
        "box_attention": str(value),
        "classification": "2.0",
    }
    assert record["images"] == images_of(3, 7)
    assert record["images_of_the_step_before"] == images_of(3, 6)
    callback.on_train_begin()
    assert not (tmp_path / RECORD).exists()


def test_what_another_process_writes_down_is_left_to_it(tmp_path):
    callback = StopOnDivergence(images_of, tmp_path, writes=False)
    (tmp_path / RECORD).write_text("the chief's")
    callback.on_train_begin()
    with pytest.raises(DivergedError, match=r"all in .*diverged\.json"):
        callback.on_train_batch_end(0, {"loss": float("nan")})
    assert (tmp_path / RECORD).read_text() == "the chief's"


def test_several_steps_at_once(callback, tmp_path):
    callback.on_epoch_begin(0)
    callback.on_train_batch_begin(4)
    with pytest.raises(DivergedError, match="epoch 1, step 6: a is not finite"):
        callback.on_train_batch_end(5, {"a": float("nan")})
    record = json.loads((tmp_path / RECORD).read_text())
    assert record["images"] == [*images_of(0, 4), *images_of(0, 5)]
    assert record["images_of_the_step_before"] == images_of(0, 3)


def compiled(optimizer, scale=1.0):
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones", dtype="float32")]
    )
    model.compile(optimizer, "mse")
    x = np.full((4, 2), scale, np.float32)
    return model, x, np.zeros((4, 1), np.float32)


def fit(model, x, y, folder, callback, epochs=1):
    callbacks = [callback, Checkpoint(folder / "checkpoints")]
    model.fit(x, y, batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks)


def test_weights_that_the_last_step_of_an_epoch_broke_are_not_kept(callback, tmp_path):
    """The loss of that step was still finite: (2e15)^2; the rate makes the weights infinite."""
    model, x, y = compiled(keras.optimizers.SGD(1e30), scale=1e15)
    with pytest.raises(DivergedError, match=r"epoch 1, step 1: sequential\S*/dense\S*/kernel"):
        fit(model, x, y, tmp_path, callback)
    assert checkpoints(tmp_path / "checkpoints") == []
    assert json.loads((tmp_path / RECORD).read_text())["images"] == images_of(0, 0)


def test_an_overflow_under_mixed_precision_is_no_divergence(callback, tmp_path):
    """A scale of 2^127 makes the gradients infinite; each such step is left out and halves it."""
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.01), initial_scale=2.0**127, dynamic_growth_steps=1000
    )
    model, x, y = compiled(optimizer, scale=3.0)
    fit(model, x, y, tmp_path, callback, epochs=8)
    assert 2.0**100 < float(optimizer.dynamic_scale) < 2.0**127
    assert not (tmp_path / RECORD).exists()
    assert len(checkpoints(tmp_path / "checkpoints")) == 2
    assert (model.get_weights()[0] < 1).all()
