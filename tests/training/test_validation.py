"""The figure that a segmenter's training is watched by."""

import keras
import numpy as np
import pytest

import gain_tf
from gain_tf.data.dataset import ArrayPictures, Split
from gain_tf.training.validation import MIOU, ValidationMiou


@pytest.fixture
def split():
    """Four images of 8 x 8; a quarter of each but the last is of class 1, the last has no mask."""
    masks = np.zeros((4, 8, 8), np.uint8)
    masks[:3, :4, :4] = 1
    return Split(
        ids=list("abcd"),
        labels=np.tile(np.array([[1, 0]], np.float32), (4, 1)),
        pictures=ArrayPictures(np.zeros((4, 8, 8, 3), np.uint8), masks),
        mask_shows=np.array([[1, 0]] * 3 + [[0, 0]], bool),
        boxes=[np.zeros((0, 4), np.float32)] * 4,
        box_labels=[np.zeros(0, np.int32)] * 4,
    )


def background_only():
    images = keras.Input((8, 8, 3))
    bias = keras.initializers.Constant([1.0, 0.0, 0.0])  # type: ignore[arg-type]
    logits = keras.layers.Conv2D(3, 1, 4, kernel_initializer="zeros", bias_initializer=bias)(images)
    return gain_tf.WeakSegmenter(keras.Model(images, logits))


def test_a_map_of_nothing_but_background(split):
    judge = ValidationMiou(split, ["a", "b"], (8, 8), most=2)
    # The first and the last of the masked ones.
    assert judge.split.has_mask.tolist() == [True, False, True, False]
    judge.set_model(background_only())
    logs = {"loss": 1.0}
    judge.on_epoch_end(0, logs)
    # Background: 48 of 64 pixels; class a: none of 16; class b occurs nowhere.
    assert logs == {"loss": 1.0, MIOU: pytest.approx((48 / 64 + 0) / 2, abs=1e-9)}
