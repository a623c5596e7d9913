"""The guidance losses in a batch: which images count, what is summed, and how they train."""

import keras
import numpy as np
import pytest
import reference
import tensorflow as tf

layers = keras.layers
OTHERS = {"energy": 1.0, "rrr": 0.01, "evidence": 0.5, "revive": 2.0}


def values(model, x, y, training=False):
    return {
        name: float(term.value) for name, term in model.terms(x, y, training=training)[1].items()
    }


def some(batch, rows):
    example, labels = batch
    return {key: value[rows] for key, value in example.items()}, labels[rows]


def lively(model, seed=29):
    random = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(random.normal(size=variable.shape) * 0.4)
    return model


def raw(network, features, category):
    return (
        features.shape[0]
        * features.shape[1]
        * features
        @ network.channel_weights(features, category)
    )


def targets(example, category=None):
    """Object and known share of the three annotated images: mask, mask, boxes."""
    found = []
    for i in (0, 1):
        mask = example["mask"][i]
        known = reference.area_average((mask != 255).astype(float), 4, 4)
        own = (mask > 0) & (mask != 255) if category is None else mask == category[i] + 1
        inside = reference.area_average(own.astype(float), 4, 4)
        found.append((np.divide(inside, known, out=np.zeros((4, 4)), where=known > 0), known))
    boxes = example["boxes"][2]
    if category is not None:
        boxes = boxes[example["box_labels"][2] == category[2]]
    return [*found, (reference.drawn(boxes, 4, 4), np.ones((4, 4)))]


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_every_term_agrees_with_numpy(float64, make_gain, batch, activation):
    """Images 0 and 1 are judged by their masks, 2 by its boxes, 3 and 4 not at all."""
    example, _ = batch
    first = [0, 1, 0, 2, 1]
    labels = np.eye(3)[first]
    model = lively(make_gain(losses=OTHERS, activation=activation))
    network = reference.Network(model.get_weights())
    features = network.features(example["image"].astype(float))
    energy, revive, evidence = [], [], []
    of_class, of_any = targets(example, first), targets(example)
    for i in range(3):
        inside, known = of_class[i]
        grid = network.attention(features[i], first[i]) * known
        energy.append(1 - (grid * inside).sum() / grid.sum())
        inside = inside * known
        own = raw(network, features[i], first[i])
        revive.append(max(0, -(inside * own).sum() / inside.sum()))
        inside, known = of_any[i]
        every = np.stack([raw(network, features[i], c) for c in range(3)], axis=-1)
        if activation == "softmax":
            every -= every.mean(axis=-1, keepdims=True)
        square = (((1 - inside)[..., None] * every) ** 2).mean(axis=-1)
        evidence.append((known * square).sum() / known.sum())
    made = values(model, example, labels)
    assert set(made) - {"zero_maps"} == {"classification", "attention_mining", *OTHERS}
    for name, per_image in (("energy", energy), ("revive", revive), ("evidence", evidence)):
        np.testing.assert_allclose(made[name], np.mean(per_image), rtol=0, atol=1e-6)
        assert made[name] > 1e-3


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_rrr_is_the_input_gradient_of_all_log_probabilities(float64, make_gain, batch, activation):
    example, labels = some(batch, [1])
    model = lively(make_gain(losses={"rrr": 1.0}, activation=activation))
    network = reference.Network(model.get_weights())
    image = example["image"].astype(float)

    def summed(at):
        logits = network.logits(network.features(at))
        if activation == "softmax":
            return np.log(reference.softmax(logits)).sum()
        return np.log(reference.sigmoid(logits) * reference.sigmoid(-logits)).sum()

    gradient = 255 * reference.numeric_gradient(summed, image)
    outside = (example["mask"] == 0)[..., None]
    expected = ((outside * gradient) ** 2).sum()
    np.testing.assert_allclose(values(model, example, labels)["rrr"], expected, rtol=1e-6)


@pytest.mark.parametrize("name", OTHERS)
def test_the_gradient_in_the_weights_is_that_of_the_term(float64, make_gain, batch, rng, name):
    """Second order for all of them, through the whole network for RRR."""
    model = lively(make_gain(losses={name: 1.0}), seed=3 if name == "revive" else 29)
    term = name

    def value():
        return model.terms(*batch, training=False)[1][term].value

    with tf.GradientTape() as tape:
        at = value()
    variables = model.trainable_variables
    exact = tape.gradient(at, [v.value for v in variables], unconnected_gradients="zero")
    assert float(at) > 1e-3
    ways = [rng.normal(size=variable.shape) for variable in variables]
    start = [variable.numpy() for variable in variables]

    def along(step):
        for variable, kept, way in zip(variables, start, ways, strict=True):
            variable.assign(kept + step * way)
        return float(value())

    numeric = (along(1e-6) - along(-1e-6)) / 2e-6
    slope = sum(float(np.sum(e * w)) for e, w in zip(exact, ways, strict=True))
    np.testing.assert_allclose(slope, numeric, rtol=1e-5)
    assert abs(slope) > 1e-3


def test_only_annotated_images_count(make_gain, batch):
    model = lively(make_gain(losses=OTHERS))
    alone = [values(model, *some(batch, [i])) for i in range(5)]
    together = values(model, *batch)
    for name in OTHERS:
        expected = np.mean([alone[i][name] for i in (0, 1, 2)])
        np.testing.assert_allclose(together[name], expected, rtol=1e-4, atol=1e-6)
        assert alone[3][name] == alone[4][name] == 0
    model.compile("sgd", run_eagerly=True)
    logs = model.evaluate(*batch, batch_size=3, verbose=0, return_dict=True)
    for name in OTHERS:
        np.testing.assert_allclose(logs[name], together[name], rtol=1e-4, atol=1e-6)


def test_what_shows_some_classes_only_says_nothing_of_the_rest(float64, make_gain, batch):
    """Image 0 has a class that its mask leaves out: its background may be that class.

    What is asked of a class alone is asked all the same.
    """
    example, _ = some(batch, [0, 1])
    labels = np.array([[1.0, 1, 0], [0, 1, 0]])
    model = lively(make_gain(losses=OTHERS))
    network = reference.Network(model.get_weights())
    features = network.features(example["image"].astype(float))
    mask = example["mask"][1]
    inside = reference.area_average((mask > 0).astype(float), 4, 4)
    every = np.stack([raw(network, features[1], c) for c in range(3)], axis=-1)
    made = values(model, example, labels)
    expected = ((1 - inside)[..., None] * every) ** 2
    np.testing.assert_allclose(made["evidence"], expected.mean(), rtol=1e-6)
    second = {key: value[1:] for key, value in example.items()}
    np.testing.assert_allclose(made["rrr"], values(model, second, labels[1:])["rrr"], rtol=1e-6)
    energy = []
    for i, (inside, known) in enumerate(targets(batch[0], [0, 1, 0])[:2]):
        grid = network.attention(features[i], i) * known
        energy.append(1 - (grid * inside).sum() / grid.sum())
    np.testing.assert_allclose(made["energy"], np.mean(energy), rtol=1e-6)
    unguided = make_gain(model.features, model.head, losses=OTHERS, unguided_classes=[1])
    assert values(unguided, {k: v[:1] for k, v in example.items()}, labels[:1])["evidence"] > 1e-3


def test_kind_says_which_annotation_guides(make_gain, batch):
    model = lively(make_gain(losses={"energy": None}, kind="box"))
    by_boxes = values(model, *some(batch, [0]))["energy"]
    assert model.guidance.weights["energy"] == 10
    twin = make_gain(model.features, model.head, losses={"energy": None})
    assert abs(by_boxes - values(twin, *some(batch, [0]))["energy"]) > 1e-3
    assert values(model, *some(batch, [1]))["energy"] == 0
    assert "energy" not in values(model, {"image": batch[0]["image"]}, batch[1])


def test_the_paper_s_losses_by_name_are_the_default(make_gain, batch):
    model = lively(make_gain())
    named = make_gain(model.features, model.head, losses={"pixel": 10.0, "box": None})
    assert values(named, *batch) == values(model, *batch)
    for each in (model, named):
        each.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    one, two = (each.train_on_batch(*batch, return_dict=True) for each in (model, named))
    assert one == two


@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_padded_pairs_and_half_precision_change_nothing(make_gain, batch, policy):
    results = []
    for precision, most in (("float32", None), (policy, 3)):
        keras.config.set_dtype_policy(precision)
        model = lively(make_gain(losses=OTHERS, max_labels=most))
        results.append(model.terms(*batch, training=True)[1])
    exact, padded = results
    for name in OTHERS:
        assert padded[name].value.dtype == tf.float32
        tolerance = 1e-4 if policy == "float32" else 2e-2
        np.testing.assert_allclose(
            padded[name].value, exact[name].value, rtol=tolerance, atol=1e-6, err_msg=name
        )


@pytest.mark.slow
def test_xla_trains_on_all_of_them(make_gain, batch):
    results = []
    for jit in (False, True):
        keras.utils.set_random_seed(5)
        model = lively(make_gain(losses=OTHERS, max_labels=2))
        model.compile(keras.optimizers.SGD(0.01), jit_compile=jit)
        logs = model.train_on_batch(*batch, return_dict=True)
        results.append((logs, model.get_weights()))
    (logs, weights), (xla_logs, xla_weights) = results
    assert {*OTHERS, "classification", "attention_mining", "zero_maps"} <= set(logs)
    assert xla_logs == pytest.approx(logs, rel=1e-4, abs=1e-5)
    for one, two in zip(weights, xla_weights, strict=True):
        np.testing.assert_allclose(two, one, rtol=0, atol=1e-4)


def test_revive_brings_a_dead_map_back(make_gain, make_head, batch):
    """Class 0 has no evidence anywhere: Eq. 7 and energy cannot reach it, the term can."""
    example = {key: batch[0][key][:1] for key in ("image", "mask")}
    labels = np.array([[1.0, 0.0, 0.0]])

    def dead_after(losses):
        head = make_head(layers.GlobalAveragePooling2D())
        kernel = np.tile([-0.2, 0.5, 0.5], (4, 1))
        head.set_weights([kernel, np.array([8.0, -8.0, -8.0])])
        model = make_gain(head=head, alpha=0, losses=losses)
        assert model.attention(example["image"], [0]).max() == 0
        model.compile(keras.optimizers.SGD(0.02), run_eagerly=True)
        for _ in range(10):
            model.train_on_batch(example, labels)
        return model.attention(example["image"], [0]).max() == 0

    assert dead_after({"pixel": None, "energy": None})
    assert not dead_after({"pixel": None, "revive": None})


def test_a_saved_model_keeps_its_losses(make_gain, batch, tmp_path):
    model = lively(make_gain(losses={"energy": 2.0, "revive": None}))
    model.compile("sgd")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.guidance == model.guidance
    assert values(loaded, *batch) == pytest.approx(values(model, *batch), abs=1e-6)
