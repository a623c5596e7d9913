"""Features that are computed anew: the same step, the same moving statistics, less memory."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gain_tf.models.recomputed import recomputed

layers = keras.layers


def steps(make_gain, make_features, batch, *, remat, eager, count=3):
    keras.utils.set_random_seed(4)
    features = make_features(layers.BatchNormalization(momentum=0.5), activation="relu")
    model = make_gain(features, remat=remat)
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=eager, jit_compile=False)
    logs = [model.train_on_batch(*batch, return_dict=True) for _ in range(count)]
    return logs, model.get_weights()


@pytest.mark.parametrize("eager", [False, True], ids=["graph", "eager"])
def test_steps_are_the_same(make_gain, make_features, batch, eager):
    kept, anew = (
        steps(make_gain, make_features, batch, remat=remat, eager=eager) for remat in (False, True)
    )
    for before, after in zip(kept[0], anew[0], strict=True):
        assert before["attention_mining"] > 0
        for name in before:
            np.testing.assert_allclose(after[name], before[name], rtol=0, atol=1e-6, err_msg=name)
    for before, after in zip(kept[1], anew[1], strict=True):
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-6)


def test_moving_statistics_follow_the_images_once(rng):
    norm = layers.BatchNormalization(momentum=0.5)
    model = keras.Sequential([keras.Input((2, 2, 3)), norm])
    images = tf.constant(rng.normal(3.0, 1.0, (8, 2, 2, 3)), tf.float32)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(recomputed(model, images, training=True) ** 3)
        return tape.gradient(value, model.trainable_variables)

    gradients = step()
    expected = 0.5 * np.mean(images, axis=(0, 1, 2))
    np.testing.assert_allclose(norm.moving_mean.numpy(), expected, rtol=1e-5)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(model(images, training=True) ** 3)
    for one, other in zip(gradients, tape.gradient(value, model.trainable_variables), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_random_layers_are_refused_by_name(make_gain, make_features):
    with pytest.raises(ValueError, match="layer 'falls_out' of the features model"):
        make_gain(make_features(layers.Dropout(0.5, name="falls_out")), remat=True)
