"""Which images are suggested, and the signals of a real network."""

import keras
import numpy as np
import pytest
from support import tiny_config

from gain_tf.config import Budget
from gain_tf.data.budget import within_budget
from gain_tf.data.registry import load_data
from gain_tf.evaluation.annotation_need import signals_of
from gain_tf.evaluation.suggestion import suggested
from gain_tf.models.gain import GAIN

ONE_CLASS = np.ones((4, 1), bool)


def test_the_mean_of_the_ranks_decides():
    signals = {"a": np.array([0.1, 0.2, 0.3, 0.4]), "b": np.array([5.0, 900.0, 6.0, 6.0])}
    # ranks 0, 1/3, 2/3, 1 and 0, 1, 1/2, 1/2
    made = suggested(np.array([7, 8, 9, 10]), signals, ONE_CLASS, np.array([0]), 3)
    assert [each.image for each in made] == [10, 8, 9]
    assert made[0].signals == {"a": 0.4, "b": 6.0, "class_need": 0.0}
    # one class alone is never behind: its need is 0
    assert made[0].score == pytest.approx((1 + 0.5 + 0) / 3, abs=1e-12)
    assert len(suggested(np.arange(4), signals, ONE_CLASS, np.array([0]), 9)) == 4


def test_classes_with_little_annotation_come_first_and_take_turns():
    labels = np.eye(2, dtype=bool)[[0, 0, 0, 1, 1, 1]]
    flat = {"a": np.zeros(6)}
    made = suggested(np.arange(6), flat, labels, np.array([3, 0]), 4)
    assert [int(labels[each.image].argmax()) for each in made] == [1, 1, 1, 0]
    assert [each.signals["class_need"] for each in made] == pytest.approx([1, 2 / 3, 1 / 3, 0])


@pytest.fixture(scope="module")
def data():
    return load_data(tiny_config().data)


def network(seed):
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    convolution = layers.Conv2D(6, 3, 4, "same", activation="relu")
    features = [keras.Input((32, 32, 3)), layers.Rescaling(1 / 255), convolution]
    head = [keras.Input((8, 8, 6)), layers.GlobalAveragePooling2D(), layers.Dense(4)]
    models = keras.Sequential(features), keras.Sequential(head)
    return GAIN(*models, activation="softmax", audit=False)


def test_signals_of_a_network(data):
    split = within_budget(data.splits["train"], Budget(boxes=3), seed=1)
    guided = split.labels > 0.5
    candidates = np.flatnonzero(~split.has_boxes)
    one, other = network(1), network(2)
    found, maps = signals_of([one, other], split, guided, candidates, (32, 32), 3)
    assert set(found) == {"off_consensus", "disagreement", "staked"}
    for values in found.values():
        assert values.shape == (5,)
        assert values.min() >= 0
        assert values.max() <= 1
    assert found["disagreement"].max() > 0
    images = split.pictures.images.astype(np.float32)
    image = int(candidates[0])
    category = int(guided[image].argmax())
    shown = one.attention(images[image : image + 1], [category])[0, 0]
    np.testing.assert_allclose(maps[image, category], shown, rtol=0, atol=1e-5)
    # Attention mining of this one image is the score that `staked` takes from one.
    _, terms = one.terms(images[image : image + 1], guided[image : image + 1] * 1.0, training=False)
    mined = float(terms["attention_mining"].value)
    assert found["staked"][0] == pytest.approx(1 - mined, abs=1e-5)
    alone, _ = signals_of([one], split, guided, candidates, (32, 32), 8)
    assert alone["disagreement"].tolist() == [0] * 5
    np.testing.assert_allclose(alone["off_consensus"], found["off_consensus"], atol=1e-6)
