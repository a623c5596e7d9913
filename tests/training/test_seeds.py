"""Dropout goes on after a resume as it would have gone on without the break."""

import keras
import numpy as np

from gain_tf.models.gain import GAIN
from gain_tf.training.seeds import SeedEpochs


def build():
    features = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(4, 3)])
    head = keras.Sequential(
        [
            keras.Input((6, 6, 4)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(2),
        ]
    )
    return GAIN(features, head, alpha=0, omega=0)


def masked(model, seed, epoch):
    callback = SeedEpochs(seed)
    callback.set_model(model)
    callback.on_epoch_begin(epoch)
    return drawn(model)


def drawn(model):
    layer = next(layer for layer in model.head.layers if isinstance(layer, keras.layers.Dropout))
    return np.asarray(layer(np.ones((4, 50), np.float32), training=True))


def test_masks_depend_on_seed_and_epoch_alone():
    one, two = build(), build()
    masked(one, 1, 0)
    np.testing.assert_array_equal(masked(one, 1, 3), masked(two, 1, 3))
    assert (masked(one, 1, 3) != masked(one, 1, 4)).any()
    assert (masked(one, 1, 3) != masked(one, 2, 3)).any()


def test_no_step_of_an_epoch_repeats_one_of_another():
    model = build()
    masks = []
    for epoch in range(3):
        masks += [masked(model, 1, epoch), drawn(model), drawn(model)]
    assert len({mask.tobytes() for mask in masks}) == 9
