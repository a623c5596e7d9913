"""Which images are suggested, and the signals of a real network."""

import keras
import numpy as np
import pytest
from support import tiny_config

from gain_tf.config import Budget
from gain_tf.data.budget import within_budget
from gain_tf.data.registry import load_data
from gain_tf.evaluation.annotation_need import Network, signals_of
from gain_tf.evaluation.suggestion import suggested
from gain_tf.models.gain import GAIN

ONE_CLASS = np.ones((4, 1), bool)


def test_the_mean_of_the_ranks_decides():
    signals = {"a": np.array([0.1, 0.2, 0.3, 0.4]), "b": np.array([5.0, 900.0, 6.0, 6.0])}
    # ranks 0, 1/3, 2/3, 1 and 0, 1, 1/2, 1/2
    made = suggested(np.array([7, 8, 9, 10]), signals, ONE_CLASS, np.array([0]), 3)
    assert [each.image for each in made] == [10, 8, 9]
    assert made[0].signals == {"a": 0.4, "b": 6.0, "class_need": 0.0}
    assert made[0].score == pytest.approx((1 + 0.5) / 2, abs=1e-12)
    assert len(suggested(np.arange(4), signals, ONE_CLASS, np.array([0]), 9)) == 4


def test_classes_with_little_annotation_come_first_and_take_turns():
    labels = np.eye(2, dtype=bool)[[0, 0, 0, 1, 1, 1]]
    flat = {"a": np.zeros(6)}
    made = suggested(np.arange(6), flat, labels, np.array([3, 0]), 4)
    assert [int(labels[each.image].argmax()) for each in made] == [1, 1, 1, 0]
    assert [each.signals["class_need"] for each in made] == pytest.approx([1, 2 / 3, 1 / 3, 0])


def test_no_class_is_left_out_whatever_its_signals():
    labels = np.eye(2, dtype=bool)[[0, 0, 0, 0, 1, 1]]
    signals = {name: np.array([0.9, 0.8, 0.7, 0.6, 0.2, 0.1]) for name in "abcd"}
    made = suggested(np.arange(6), signals, labels, np.array([0, 0]), 5)
    assert [each.image for each in made] == [0, 4, 1, 5, 2]


def test_an_image_stands_for_the_most_needy_of_its_classes():
    labels = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], bool)
    made = suggested(np.arange(3), {"a": np.array([1.0, 0.5, 0.2])}, labels, np.array([2, 0, 1]), 3)
    assert [each.image for each in made] == [1, 2, 0]


def test_frames_of_one_object_wait_for_other_objects():
    signals = {"a": np.array([0.9, 0.8, 0.7, 0.1, 0.2])}
    groups = ["plate", "plate", "plate", "ring", "bolt"]

    def images(count, **already):
        one = np.ones((5, 1), bool)
        made = suggested(np.arange(5), signals, one, np.array([0]), count, groups, **already)
        return [each.image for each in made]

    assert images(5) == [0, 4, 3, 1, 2]
    assert images(3, annotated_groups=["plate", "bolt", "elsewhere"]) == [3, 0, 4]


def test_a_class_comes_before_its_groups():
    labels = np.eye(2, dtype=bool)[[0, 0, 1]]
    signals = {"a": np.array([0.9, 0.8, 0.1])}
    groups = ["plate", "ring", "plate"]
    made = suggested(np.arange(3), signals, labels, np.array([0, 0]), 3, groups)
    assert [each.image for each in made] == [0, 2, 1]


@pytest.fixture(scope="module")
def data():
    return load_data(tiny_config().data)


def network(seed, side=8, image_side=32):
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    convolution = layers.Conv2D(6, 3, image_side // side, "same", activation="relu")
    images = keras.Input((image_side, image_side, 3))
    features = [images, layers.Rescaling(1 / 255), convolution]
    head = [keras.Input((side, side, 6)), layers.GlobalAveragePooling2D(), layers.Dense(4)]
    models = keras.Sequential(features), keras.Sequential(head)
    return GAIN(*models, activation="softmax", audit=False)


def test_signals_of_a_network(data):
    split = within_budget(data.splits["train"], Budget(boxes=3), seed=1)
    guided = split.labels > 0.5
    candidates = np.flatnonzero(~split.has_boxes)
    one, other = network(1), network(2)
    networks = [Network(model, (32, 32)) for model in (one, other)]
    found, maps = signals_of(networks, split, guided, candidates, 3)
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
    alone, _ = signals_of(networks[:1], split, guided, candidates, 8)
    assert alone["disagreement"].tolist() == [0] * 5
    np.testing.assert_allclose(alone["off_consensus"], found["off_consensus"], atol=1e-6)


def test_networks_of_other_image_and_map_sizes_are_compared_on_the_coarsest_cells(data):
    split = within_budget(data.splits["train"], Budget(boxes=3), seed=1)
    guided = split.labels > 0.5
    candidates = np.flatnonzero(~split.has_boxes)
    fine = Network(network(1), (32, 32))
    coarse = Network(network(1, side=4, image_side=16), (16, 16))
    for pair in ([fine, coarse], [coarse, fine]):
        found, maps = signals_of(pair, split, guided, candidates, 3)
        side = 8 if pair[0] is fine else 4
        assert {each.shape for each in maps.values()} == {(side, side)}
        assert found["disagreement"].shape == (5,)
        assert 0 < found["disagreement"].max() <= 1
        # A network never disagrees with itself, whatever a third one's cells are.
        both, _ = signals_of([pair[0], *pair], split, guided, candidates, 3)
        np.testing.assert_allclose(both["disagreement"], found["disagreement"] * 2 / 3, atol=1e-5)
