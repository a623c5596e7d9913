"""Eq. 5 to 10 as a Keras model: terms, gradients, training, evaluation, attention."""

import keras
import numpy as np
import pytest
import reference
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import numeric_gradient

layers = keras.layers
TERMS = ("classification", "attention_mining", "pixel_attention", "box_attention")
# TensorFlow resizes masks in float32, whatever their type.
RESIZE = 1e-6


def terms_of(model, x, y, sample_weight=None, training=False):
    _, terms = model.terms(x, y, sample_weight, training=training)
    return {name: float(term.value) for name, term in terms.items()}


def total_and_gradients(model, x, y):
    with tf.GradientTape() as tape:
        total = model.total(model.terms(x, y, training=True)[1])
    gradients = tape.gradient(total, model.trainable_variables)
    return float(total), [gradient.numpy() for gradient in gradients]


def some(batch, rows):
    example, labels = batch
    return {key: value[rows] for key, value in example.items()}, labels[rows]


def lively(model, seed=29):
    """Weights for which no map of `batch` is dead."""
    random = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(random.normal(size=variable.shape) * 0.4)
    return model


def one_hot(labels):
    """The first label of each image: what softmax needs."""
    first = np.argmax(labels, axis=1)
    return (np.eye(labels.shape[1])[first] * labels).astype(labels.dtype)


def labels_for(activation, labels):
    return labels if activation == "sigmoid" else one_hot(labels)


def total_of(terms, alpha=1.0, omega=10.0):
    annotation = terms["pixel_attention"] + terms["box_attention"]
    return terms["classification"] + alpha * terms["attention_mining"] + omega * annotation


ACTIVATIONS = pytest.mark.parametrize("activation", ["sigmoid", "softmax"])


@pytest.fixture
def exact_gain(float64, make_gain):
    def make(**kwargs):
        return lively(make_gain(**kwargs))

    return make


# The equations


@ACTIVATIONS
def test_every_term_agrees_with_numpy(exact_gain, batch, activation):
    example, labels = batch[0], labels_for(activation, batch[1])
    fill = (0.3, -0.2, 0.1)
    model = exact_gain(activation=activation, sigma=0.4, slope=7.0, mean_colour=np.array(fill))
    expected = reference.gain_terms(
        reference.Network(model.get_weights()),
        example["image"].astype(float),
        labels,
        example,
        activation=activation,
        sigma=0.4,
        slope=7.0,
        fill=np.array(fill),
    )
    assert expected["dead"] == 0
    made = terms_of(model, example, labels)
    for name in TERMS:
        assert expected[name] > 0.01
        np.testing.assert_allclose(made[name], expected[name], rtol=0, atol=RESIZE, err_msg=name)


@ACTIVATIONS
@pytest.mark.parametrize("weight_gradient", [True, False], ids=["second order", "detached"])
def test_the_gradient_of_the_whole_loss(exact_gain, batch, rng, activation, weight_gradient):
    """Weights of every layer, through maps, erased images and masks, against NumPy."""
    # Softmax has no gradient worth the name for an image without a label.
    rows = list(range(5 if activation == "sigmoid" else 4))
    example, labels = some(batch, rows)
    labels = labels_for(activation, labels)
    images = example["image"].astype(float)
    model = exact_gain(activation=activation, weight_gradient=weight_gradient)
    weights = model.get_weights()
    frozen = None
    if not weight_gradient:
        network = reference.Network(weights)
        features = network.features(images)
        frozen = {
            (i, int(c)): network.channel_weights(features[i], c) for i, c in np.argwhere(labels > 0)
        }

    def total(position, at):
        moved = [at if i == position else weight for i, weight in enumerate(weights)]
        network = reference.Network(moved)
        terms = reference.gain_terms(
            network, images, labels, example, activation=activation, frozen=frozen
        )
        return total_of(terms)

    value, gradients = total_and_gradients(model, example, labels)
    np.testing.assert_allclose(value, total(0, weights[0]), rtol=0, atol=1e-5)
    largest = max(np.abs(gradient).max() for gradient in gradients)
    for position, (gradient, weight) in enumerate(zip(gradients, weights, strict=True)):
        every = list(np.ndindex(weight.shape))
        chosen = [every[i] for i in rng.permutation(len(every))[:30]]
        numeric = numeric_gradient(lambda at, p=position: total(p, at), weight, indices=chosen)
        made, expected = (np.array([table[i] for i in chosen]) for table in (gradient, numeric))
        np.testing.assert_allclose(made, expected, rtol=0, atol=2e-6 * max(largest, 1))
    assert largest > 0.1


def test_detaching_the_channel_weights_changes_the_gradient(exact_gain, batch):
    one, two = (
        total_and_gradients(exact_gain(weight_gradient=flag), *batch)[1] for flag in (True, False)
    )
    assert max(np.abs(a - b).max() for a, b in zip(one, two, strict=True)) > 1e-2


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, TERMS),
        ({"kind": "pixel"}, TERMS[:3]),
        ({"kind": "box", "alpha": 0}, (TERMS[0], TERMS[3])),
        ({"kind": "none"}, TERMS[:2]),
        ({"alpha": 0, "omega": 0}, TERMS[:1]),
    ],
)
def test_only_the_terms_asked_for(make_gain, batch, settings, names):
    terms = terms_of(make_gain(**settings), *batch)
    assert set(terms) - {"zero_maps"} == set(names)
    assert ("zero_maps" in terms) == (len(names) > 1)


def test_the_total_weighs_the_terms_and_adds_regularisation(make_features, make_gain, batch):
    features = make_features(kernel_regularizer=keras.regularizers.L2(0.1))
    model = make_gain(features, alpha=0.5, omega=3.0)
    terms = model.terms(*batch, training=False)[1]
    values = {name: float(term.value) for name, term in terms.items()}
    penalty = 0.1 * np.sum(features.get_weights()[0] ** 2)
    np.testing.assert_allclose(
        float(model.total(terms)), total_of(values, 0.5, 3.0) + penalty, rtol=0, atol=1e-5
    )


# What each image of a batch contributes


def test_a_mixed_batch_is_the_sum_of_separate_computations(exact_gain, batch):
    model = exact_gain()
    alone = [model.terms(*some(batch, [i]), training=False)[1] for i in range(5)]

    def mean_of(name, rows):
        return np.mean([float(alone[i][name].value) for i in rows])

    def total_of_one(name, row):
        with tf.GradientTape() as tape:
            term = model.terms(*some(batch, [row]), training=True)[1][name].value
        variables = [variable.value for variable in model.trainable_variables]
        return tape.gradient(term, variables, unconnected_gradients="zero")

    weights = {"classification": 1, "attention_mining": 1, "pixel_attention": 10}
    weights["box_attention"] = 10
    carriers = {"classification": range(5), "attention_mining": range(4)}
    carriers |= {"pixel_attention": [0, 1], "box_attention": [0, 2]}
    together = terms_of(model, *batch)
    gradient = [np.zeros(v.shape) for v in model.trainable_variables]
    for name, rows in carriers.items():
        np.testing.assert_allclose(together[name], mean_of(name, rows), rtol=0, atol=RESIZE)
        for row in rows:
            for position, part in enumerate(total_of_one(name, row)):
                gradient[position] += weights[name] * part.numpy() / len(rows)
    for made, expected in zip(total_and_gradients(model, *batch)[1], gradient, strict=True):
        np.testing.assert_allclose(made, expected, rtol=0, atol=1e-5)
    # and what an image does not have costs nothing
    assert all(float(alone[i]["pixel_attention"].value) == 0 for i in (2, 3, 4))
    assert all(float(alone[i]["box_attention"].value) == 0 for i in (1, 3, 4))
    assert float(alone[4]["attention_mining"].value) == 0


@pytest.mark.parametrize("pool", ["max", "dense"])
@pytest.mark.parametrize("eager", [True, False])
def test_a_batch_without_any_label_trains_the_classifier_alone(
    make_gain, make_head, batch, pool, eager
):
    head = make_head(layers.MaxPooling2D(2), layers.Flatten()) if pool == "max" else None
    example, labels = batch[0], np.zeros_like(batch[1])
    model, plain = make_gain(head=head), make_gain(alpha=0, omega=0)
    made = terms_of(model, example, labels)
    assert [made[name] for name in (*TERMS[1:], "zero_maps")] == [0, 0, 0, 0]
    model.compile(keras.optimizers.SGD(0.1), run_eagerly=eager)
    logs = model.train_on_batch(example, labels, return_dict=True)
    assert logs["attention_mining"] == 0
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    if pool == "dense":
        for copy, original in zip(plain.weights, model.weights, strict=True):
            copy.assign(original)
        gradients = [total_and_gradients(m, example, labels)[1] for m in (model, plain)]
        for one, two in zip(*gradients, strict=True):
            np.testing.assert_allclose(one, two, rtol=0, atol=1e-7)


def test_unknown_pixels_are_ignored(exact_gain, batch):
    """A pixel of 255 may hide anything: the term is that of the known cells alone."""
    model = exact_gain(alpha=0, kind="pixel")
    images, labels = batch[0]["image"][:1], np.array([[1.0, 0.0, 0.0]])
    mask = np.zeros((1, 8, 8), np.uint8)
    mask[0, :4, :4] = 1
    half = mask.copy()
    half[0, 4:] = 255
    grid = model.attention(images, [0])[0, 0].astype(float)
    square = (grid - reference.area_average(mask[0].astype(float), 4, 4)) ** 2
    for given_mask, expected in ((mask, square.mean()), (half, square[:2].mean())):
        made = terms_of(model, {"image": images, "mask": given_mask}, labels)
        np.testing.assert_allclose(made["pixel_attention"], expected, rtol=0, atol=1e-6)
    assert abs(square.mean() - square[:2].mean()) > 1e-3


def test_an_empty_mask_carries_no_target(make_gain, batch):
    images, labels = batch[0]["image"][:2], np.eye(3)[[0, 1]]
    mask = np.zeros((2, 8, 8), np.uint8)
    mask[0, 2:6, 2:6] = 1
    model = make_gain(kind="pixel")
    both = terms_of(model, {"image": images, "mask": mask}, labels)
    first = terms_of(model, {"image": images[:1], "mask": mask[:1]}, labels[:1])
    second = terms_of(model, {"image": images[1:], "mask": mask[1:]}, labels[1:])
    assert second["pixel_attention"] == 0
    np.testing.assert_allclose(both["pixel_attention"], first["pixel_attention"], rtol=0, atol=1e-6)


def test_unguided_classes_are_classified_and_nothing_else(make_gain, batch):
    example, labels = batch
    model = lively(make_gain(unguided_classes=[0, 2]))
    guided = labels * [0, 1, 0]
    twin = make_gain(model.features, model.head)
    made, only = terms_of(model, example, labels), terms_of(twin, example, guided)
    for name in TERMS[1:]:
        np.testing.assert_allclose(made[name], only[name], rtol=0, atol=1e-7)
    everything = terms_of(twin, example, labels)
    assert made["classification"] == everything["classification"]
    assert abs(made["attention_mining"] - everything["attention_mining"]) > 1e-4


def test_dead_maps_are_zero_counted_and_harmless(make_gain, make_head, batch):
    head = make_head(layers.GlobalAveragePooling2D())
    kernel = np.full((4, 3), -1.0)
    kernel[:, 2] = 1.0  # features are positive: class 2 alone has a map
    head.set_weights([kernel, np.zeros(3)])
    model = make_gain(head=head)
    example, labels = batch
    maps = model.attention(example["image"], [0, 1, 2])
    np.testing.assert_array_equal(maps[:, :2], np.zeros((5, 2, 4, 4)))
    assert maps[:, 2].max() > 0.9
    # pairs: (0, 0), (0, 2), (1, 1), (2, 0), (2, 1), (3, 2)
    np.testing.assert_allclose(terms_of(model, example, labels)["zero_maps"], 4 / 6, atol=1e-6)
    total, gradients = total_and_gradients(model, example, labels)
    assert np.isfinite(total)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    # A dead map erases sigmoid(-5) of the image, evenly.
    alone = {"image": example["image"][1:2]}
    faint = example["image"][1:2] * (1 - reference.sigmoid(-5.0))
    expected = model.predict(faint, verbose=0)[0, 1]
    made = terms_of(model, alone, labels[1:2])["attention_mining"]
    np.testing.assert_allclose(made, expected, rtol=0, atol=1e-6)
    model.compile("sgd", run_eagerly=True)
    logs = model.evaluate(example, labels, batch_size=2, verbose=0, return_dict=True)
    np.testing.assert_allclose(logs["zero_maps"], 4 / 6, rtol=0, atol=1e-6)


def test_saliency_and_box_prior(exact_gain, batch):
    example, labels = some(batch, [0, 2])
    fill, free = exact_gain(kind="box"), exact_gain(kind="box", box_prior="free")
    ones = np.ones((2, 8, 8), np.float32)
    kept = terms_of(fill, example, labels)["box_attention"]
    said = terms_of(fill, {**example, "saliency": ones}, labels)["box_attention"]
    np.testing.assert_allclose(kept, said, rtol=0, atol=1e-6)
    # Only what saliency says within the boxes counts, not how loudly.
    half = terms_of(fill, {**example, "saliency": ones / 2}, labels)["box_attention"]
    np.testing.assert_allclose(half, kept, rtol=0, atol=1e-6)
    slope = np.linspace(0.2, 1, 8, dtype=np.float32) * ones
    sloping = terms_of(fill, {**example, "saliency": slope}, labels)["box_attention"]
    assert abs(sloping - kept) > 1e-3
    assert sloping == terms_of(free, {**example, "saliency": slope}, labels)["box_attention"]
    # "free": only what lies outside costs
    outside = []
    for i, c in ((0, 0), (0, 2), (1, 0), (1, 1)):
        boxes = example["boxes"][i][example["box_labels"][i] == c]
        grid = free.attention(example["image"][i : i + 1], [c])[0, 0]
        outside.append(np.mean(((1 - reference.drawn(boxes, 4, 4)) * grid) ** 2))
    np.testing.assert_allclose(
        terms_of(free, example, labels)["box_attention"], np.mean(outside), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("erase_to", ["mean", "black", "blur"])
def test_what_is_erased_to(make_gain, batch, erase_to):
    """With the threshold far below zero all of the image is replaced."""
    colour = (0.5, -1.0, 2.0)
    images, labels = batch[0]["image"], batch[1]
    model = make_gain(kind="none", erase_to=erase_to, mean_colour=colour, sigma=-10.0)
    whole = {"mean": np.broadcast_to(colour, images.shape), "black": np.zeros_like(images)}
    # 8 pixels are less than a square of the blur: one colour a picture
    whole["blur"] = np.broadcast_to(images.mean(axis=(1, 2), keepdims=True), images.shape)
    scores = model.predict(whole[erase_to].astype("float32"), verbose=0)
    per_image = [scores[i][labels[i] > 0].mean() for i in range(4)]
    np.testing.assert_allclose(
        terms_of(model, images, labels)["attention_mining"], np.mean(per_image), rtol=0, atol=1e-5
    )


def test_raw_maps_without_normalisation(exact_gain, batch):
    example, labels = batch
    model, raw = exact_gain(alpha=0), exact_gain(alpha=0, normalise="none")
    assert terms_of(raw, example, labels)["pixel_attention"] != pytest.approx(
        terms_of(model, example, labels)["pixel_attention"], abs=1e-3
    )


# The same in another order, or padded


@pytest.mark.parametrize("max_labels", [2, 3])
def test_padding_the_pairs_changes_nothing(exact_gain, batch, max_labels):
    exact, padded = exact_gain(), exact_gain(max_labels=max_labels)
    one, two = terms_of(exact, *batch), terms_of(padded, *batch)
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_allclose(two[name], one[name], rtol=0, atol=RESIZE)
    gradients = [total_and_gradients(model, *batch)[1] for model in (exact, padded)]
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_allclose(b, a, rtol=0, atol=1e-5)


def test_any_order_and_any_labels(make_gain, batch):
    model = make_gain()
    padded = make_gain(model.features, model.head, max_labels=3)
    example = batch[0]

    @settings(deadline=None, max_examples=10)
    @given(st.permutations(range(5)), st.integers(0, 2**15 - 1))
    def check(order, bits):
        labels = np.array([bits >> i & 1 for i in range(15)], np.float32).reshape(5, 3)
        expected = terms_of(model, example, labels)
        moved = terms_of(model, *some((example, labels), order))
        fixed = terms_of(padded, example, labels)
        for name, value in expected.items():
            np.testing.assert_allclose(moved[name], value, rtol=0, atol=1e-5)
            np.testing.assert_allclose(fixed[name], value, rtol=0, atol=1e-5)

    check()


# Training


def with_batch_norm(make_features):
    return make_features(layers.BatchNormalization(name="norm"))


def test_without_guidance_it_is_a_plain_keras_classifier(make_features, make_gain, make_head, rng):
    images = rng.normal(size=(24, 8, 8, 3)).astype("float32")
    labels = rng.integers(0, 2, (24, 3)).astype("float32")
    features, head = with_batch_norm(make_features), make_head()
    twin_features, twin_head = with_batch_norm(make_features), make_head()
    twin_features.set_weights(features.get_weights())
    twin_head.set_weights(head.get_weights())
    plain = keras.Model(twin_features.inputs, twin_head(twin_features.outputs[0]))
    model = make_gain(features, head, alpha=0, omega=0)
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), metrics=["binary_accuracy"])
    plain.compile(
        keras.optimizers.SGD(0.1, momentum=0.9),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,
    )
    start = model.get_weights()
    options = {"batch_size": 8, "epochs": 1, "shuffle": False, "verbose": 0}
    history = model.fit(images, labels, **options).history
    expected = plain.fit(images, labels, **options).history
    assert model.optimizer.iterations == 3
    np.testing.assert_allclose(history["loss"], expected["loss"], rtol=0, atol=1e-6)
    for made, wanted, before in zip(model.get_weights(), plain.get_weights(), start, strict=True):
        np.testing.assert_allclose(made, wanted, rtol=0, atol=1e-6)
        assert np.abs(made - before).max() > 1e-3


def test_one_step_of_sgd_goes_down_the_gradient(exact_gain, batch):
    model = exact_gain()
    before = model.get_weights()
    total, gradients = total_and_gradients(model, *batch)
    model.compile(keras.optimizers.SGD(0.01))
    logs = model.train_on_batch(*batch, return_dict=True)
    np.testing.assert_allclose(logs["loss"], total, rtol=0, atol=1e-5)
    for now, then, gradient in zip(model.get_weights(), before, gradients, strict=True):
        np.testing.assert_allclose(now, then - 0.01 * gradient, rtol=0, atol=1e-6)


def test_the_erased_stream_does_not_touch_moving_statistics(make_features, make_gain, batch):
    statistics = []
    for alpha in (0.0, 1.0):
        keras.utils.set_random_seed(1)
        model = make_gain(with_batch_norm(make_features), alpha=alpha, omega=0)
        norm = model.features.get_layer("norm")
        start = norm.moving_mean.numpy()
        model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
        model.train_on_batch(*batch)
        statistics.append([norm.moving_mean.numpy(), norm.moving_variance.numpy()])
        assert np.abs(statistics[-1][0] - start).max() > 1e-4
    np.testing.assert_allclose(statistics[0], statistics[1], rtol=0, atol=1e-7)


def test_the_erased_stream_has_no_dropout(make_gain, make_head, batch):
    head = make_head(layers.Flatten(), layers.Dropout(0.5))
    model = make_gain(head=head, kind="none")
    mined = {
        float(model.terms(*batch, training=True)[1]["attention_mining"].value) for _ in range(4)
    }
    classified = {
        float(model.terms(*batch, training=True)[1]["classification"].value) for _ in range(4)
    }
    assert len(mined) == 1
    assert len(classified) > 1


class Names(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.of_batches, self.of_epochs = set(), set()

    def on_train_batch_end(self, batch, logs=None):
        self.of_batches |= set(logs)

    def on_epoch_end(self, epoch, logs=None):
        self.of_epochs |= set(logs)


def test_history_and_callbacks_hold_every_term(make_gain, batch):
    model, seen = make_gain(), Names()
    model.compile("sgd", metrics=["binary_accuracy"], run_eagerly=True)
    history = model.fit(
        *batch, batch_size=3, epochs=2, verbose=0, validation_data=batch, callbacks=[seen]
    ).history
    names = {"loss", *TERMS, "zero_maps", "binary_accuracy"}
    assert seen.of_batches == names
    assert set(history) == seen.of_epochs == names | {f"val_{name}" for name in names}
    assert all(len(values) == 2 and np.isfinite(values).all() for values in history.values())
    assert all(history[name][0] > 0 for name in TERMS)


def test_weights_of_losses_are_refused(make_gain):
    with pytest.raises(ValueError, match="loss_weights weighs nothing here"):
        make_gain().compile("sgd", loss_weights=2.0)


def test_evaluate_averages_each_term_over_the_images_that_have_it(make_gain, batch):
    """Batches of 3 and 2 images: terms by hand from each batch, weighed by its carriers."""
    model = make_gain()
    model.compile("sgd")
    made = model.evaluate(*batch, batch_size=3, verbose=0, return_dict=True)
    first = terms_of(model, *some(batch, [0, 1, 2]))
    second = terms_of(model, *some(batch, [3, 4]))
    carriers = {"classification": (3, 2), "attention_mining": (3, 1), "pixel_attention": (2, 0)}
    carriers |= {"box_attention": (2, 0), "zero_maps": (5, 1)}
    for name, (one, two) in carriers.items():
        expected = (one * first[name] + two * second[name]) / (one + two)
        np.testing.assert_allclose(made[name], expected, rtol=0, atol=1e-6, err_msg=name)
    loss = (3 * total_of(first) + 2 * total_of(second)) / 5
    np.testing.assert_allclose(made["loss"], loss, rtol=0, atol=1e-5)


def test_evaluate_changes_no_weight(make_features, make_gain, batch):
    model = make_gain(with_batch_norm(make_features))
    model.compile("sgd", run_eagerly=True)
    before = model.get_weights()
    model.evaluate(*batch, verbose=0)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


@pytest.mark.parametrize("shape", [(5,), (5, 1)])
def test_sample_weight_scales_the_image_in_every_term(make_gain, batch, shape):
    model = make_gain()
    weights = np.array([2.0, 0.5, 3.0, 1.0, 4.0], np.float32)
    alone = [terms_of(model, *some(batch, [i])) for i in range(5)]
    carriers = {"classification": range(5), "attention_mining": range(4)}
    carriers |= {"pixel_attention": [0, 1], "box_attention": [0, 2]}
    expected = {
        name: np.mean([weights[i] * alone[i][name] for i in rows])
        for name, rows in carriers.items()
    }
    given_weights = weights.reshape(shape)
    made = terms_of(model, *batch, tf.constant(given_weights))
    model.compile("sgd", run_eagerly=True)
    example, labels = batch
    logs = model.evaluate(example, labels, sample_weight=given_weights, verbose=0, return_dict=True)
    for name, value in expected.items():
        np.testing.assert_allclose(made[name], value, rtol=0, atol=1e-5, err_msg=name)
        np.testing.assert_allclose(logs[name], value, rtol=0, atol=1e-5, err_msg=name)


def test_class_weight_is_the_sample_weight_of_the_class(make_gain, batch):
    images, classes = batch[0]["image"], np.array([0, 1, 2, 2, 1])
    model = make_gain(activation="softmax", kind="none")
    model.compile(keras.optimizers.SGD(0.0), run_eagerly=True)
    by_class = model.fit(
        images, classes, class_weight={0: 1.0, 1: 2.0, 2: 5.0}, batch_size=5, verbose=0
    ).history
    by_sample = model.fit(
        images, classes, sample_weight=np.array([1.0, 2, 5, 5, 2]), batch_size=5, verbose=0
    ).history
    plain = model.fit(images, classes, batch_size=5, verbose=0).history
    for name in ("loss", "classification", "attention_mining"):
        np.testing.assert_allclose(by_class[name], by_sample[name], rtol=0, atol=1e-6)
        assert by_class[name][0] > 1.5 * plain[name][0]


@pytest.mark.parametrize(
    "labels",
    [
        np.array([2, 0, 1, 1, 0]),
        np.array([2, 0, 1, 1, 0], np.uint8),
        np.array([2.0, 0.0, 1.0, 1.0, 0.0]),
        np.array([[2], [0], [1], [1], [0]]),
        np.eye(3, dtype=np.int64)[[2, 0, 1, 1, 0]],
        np.eye(3, dtype=bool)[[2, 0, 1, 1, 0]],
    ],
    ids=["integer", "uint8", "float", "column", "one-hot", "boolean"],
)
def test_every_form_of_labels(make_gain, batch, labels):
    model = make_gain(activation="softmax")
    expected = terms_of(model, batch[0], np.eye(3, dtype="float32")[[2, 0, 1, 1, 0]])
    assert terms_of(model, batch[0], labels) == expected


def test_accuracy_of_integer_labels(make_gain, batch):
    model = make_gain(activation="softmax", kind="none")
    images = batch[0]["image"]
    best = model.predict(images, verbose=0).argmax(axis=1)
    model.compile("sgd", metrics=["accuracy"], run_eagerly=True)
    logs = model.evaluate(images, best, verbose=0, return_dict=True)
    assert logs["accuracy"] == 1.0


def test_dictionaries_tensors_and_datasets_are_the_same_input(make_gain, batch):
    example, labels = batch
    model = make_gain()
    model.compile("sgd", run_eagerly=True)
    images = example["image"]
    plain = model.evaluate(images, labels, verbose=0, return_dict=True)
    named = model.evaluate({"image": images}, labels, verbose=0, return_dict=True)
    assert plain == pytest.approx(named, abs=1e-6)
    assert plain["pixel_attention"] == plain["box_attention"] == 0
    piped = tf.data.Dataset.from_tensor_slices((example, labels)).batch(5)
    whole = model.evaluate(example, labels, verbose=0, return_dict=True)
    assert model.evaluate(piped, verbose=0, return_dict=True) == pytest.approx(whole, abs=1e-6)
    scores = model.predict(images, verbose=0)
    np.testing.assert_array_equal(model.predict(example, verbose=0), scores)
    assert scores.shape == (5, 3)
    logits = reference.Network(model.get_weights())
    expected = reference.sigmoid(logits.logits(logits.features(images)))
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


def test_ragged_boxes_are_those_that_are_padded(make_gain, batch):
    example, labels = batch
    counts = [2, 1, 3, 0, 2]
    padded = {**example, "box_labels": example["box_labels"].copy()}
    for row, count in enumerate(counts):
        padded["box_labels"][row, count:] = -1
    rows = [row for row, count in enumerate(counts) for _ in range(count)]
    places = [place for count in counts for place in range(count)]
    ragged = dict(example)
    for name in ("boxes", "box_labels"):
        shown = example[name][rows, places]
        ragged[name] = tf.RaggedTensor.from_row_lengths(shown, counts)
    model = make_gain()
    expected = terms_of(model, padded, labels)
    assert expected["box_attention"] > 0
    assert terms_of(model, ragged, labels) == pytest.approx(expected, abs=1e-6)
    model.compile("sgd")
    model.fit(
        tf.data.Dataset.from_tensor_slices((ragged, labels)).batch(5), verbose=0, shuffle=False
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.update(masks=x.pop("mask")), r"unknown key 'masks'; did you mean 'mask'\?$"),
        (
            lambda x: x.update(mask=x["mask"][..., np.newaxis]),
            r"mask must be \(B, H, W\), not \(.+, 8, 8, 1\)$",
        ),
        (lambda x: x.pop("box_labels"), "boxes need box_labels"),
        (lambda x: x.pop("image"), r"fit: it needs the images, image \(B, H, W, 3\)$"),
        (
            lambda x: [x.pop(key) for key in ("image", "box_labels")],
            r"it needs the images, .+; boxes need box_labels",
        ),
    ],
    ids=["mistyped", "another shape", "boxes of no class", "no images", "neither"],
)
def test_an_example_that_does_not_fit_is_refused(make_gain, batch, change, message):
    example, labels = batch
    change(example)
    model = make_gain()
    model.compile("sgd")
    with pytest.raises(ValueError, match=message):
        model.fit(example, labels, verbose=0)


def test_keys_of_the_users_own_are_left_alone(make_gain, batch):
    example, labels = batch
    model = make_gain()
    expected = terms_of(model, example, labels)
    assert terms_of(model, {**example, "camera": np.arange(5)}, labels) == expected


def test_labels_that_no_class_has_are_refused(make_gain, batch):
    images = batch[0]["image"]
    model = make_gain(activation="softmax")
    model.compile("sgd")
    message = "labels must be class indices of 0 to 2"
    for strange in (3, -1):
        with pytest.raises(tf.errors.InvalidArgumentError, match=message):
            model.fit(images, np.array([1, 2, strange, 1, 2]), verbose=0)
    with pytest.raises(ValueError, match=r"labels must be rows of 3 classes, .+ not \(.+, 4\)$"):
        model.fit(images, np.eye(5, 4), verbose=0)


@pytest.mark.parametrize(
    ("second", "error", "message"),
    [
        (np.array([0.0, 2, 1, 0, 2], np.float32), ValueError, "compile the model again"),
        (np.zeros((5, 1), np.float32), tf.errors.InvalidArgumentError, r"expected shape \[\?,3\]"),
    ],
)
def test_labels_of_another_form_than_before_are_refused_until_compiled(
    make_gain, batch, second, error, message
):
    images, labels = batch[0]["image"], batch[1]
    model = make_gain()
    model.compile("sgd")
    model.fit(images, labels, verbose=0)
    with pytest.raises(error, match=message):
        model.fit(images, second, verbose=0)
    model.compile("sgd")
    model.fit(images, second, verbose=0)


@pytest.mark.parametrize("channels", [1, 4])
@pytest.mark.parametrize("erase_to", ["mean", "black", "blur"])
def test_images_of_other_channels(make_gain, make_head, rng, channels, erase_to):
    layers = keras.layers
    entry = keras.Input((8, 8, channels))
    features = keras.Model(entry, layers.Conv2D(4, 3, 2, "same", activation="softplus")(entry))
    model = make_gain(features, erase_to=erase_to)
    assert model.mean_colour == (0.0,) * channels
    terms = terms_of(model, rng.normal(size=(2, 8, 8, channels)), np.array([0, 2]))
    assert 0 < terms["attention_mining"] < 1
    assert make_gain(features, mean_colour=[0, 0, 0]).mean_colour == model.mean_colour
    with pytest.raises(ValueError, match=f"each of the {channels} channels, not "):
        make_gain(features, mean_colour=[1, 2])


def test_softmax_scores_sum_to_one(make_gain, batch):
    scores = make_gain(activation="softmax").predict(batch[0]["image"], verbose=0)
    np.testing.assert_allclose(scores.sum(axis=1), np.ones(5), rtol=0, atol=1e-6)


def test_several_steps_an_execution_change_nothing(make_gain, batch):
    example, labels = some(batch, [0, 1, 2, 3, 0, 2, 3, 1])
    results = []
    for steps in (1, 2):
        keras.utils.set_random_seed(2)
        model = make_gain()
        model.compile(keras.optimizers.SGD(0.05), steps_per_execution=steps)
        history = model.fit(
            example["image"], labels, batch_size=2, shuffle=False, verbose=0
        ).history
        results.append((history, model.get_weights()))
    assert results[0][0].keys() == results[1][0].keys()
    for name, values in results[0][0].items():
        np.testing.assert_allclose(results[1][0][name], values, rtol=0, atol=1e-5)
    for one, two in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_allclose(one, two, rtol=0, atol=1e-6)


def doubled(labels, scores):
    return 2 * keras.losses.binary_crossentropy(labels, scores)


@pytest.mark.parametrize(
    ("loss", "factor"),
    [
        (keras.losses.BinaryCrossentropy(), 1),
        ("binary_crossentropy", 1),
        ("BinaryCrossentropy", 1),
        (doubled, 2),
    ],
    ids=["loss", "function by name", "class by name", "function"],
)
def test_a_loss_of_the_users_is_given_probabilities(make_gain, batch, loss, factor):
    model = make_gain()
    expected = terms_of(model, *batch)["classification"]
    model.compile("sgd", loss=loss, run_eagerly=True)
    logs = model.train_on_batch(*batch, return_dict=True)
    np.testing.assert_allclose(logs["classification"], factor * expected, rtol=0, atol=1e-5)
    assert logs["attention_mining"] > 0
    weights = tf.constant([2.0, 2.0, 2.0, 2.0, 2.0])
    once, twice = (terms_of(model, *batch, w)["classification"] for w in (None, weights))
    np.testing.assert_allclose(twice, 2 * once, rtol=0, atol=1e-5)


# Attention


def test_attention_agrees_with_numpy(exact_gain, batch):
    model, images = exact_gain(), batch[0]["image"].astype(float)
    network = reference.Network(model.get_weights())
    features = network.features(images)
    expected = [[network.attention(f, c) for c in (2, 0)] for f in features]
    maps = model.attention(images, [2, 0], batch_size=2)
    np.testing.assert_allclose(maps, expected, rtol=0, atol=1e-6)


def test_attention_of_each_image_for_its_own_classes(make_gain, batch):
    model, images = make_gain(), batch[0]["image"]
    every = model.attention(images, range(3))
    assert every.shape == (5, 3, 4, 4)
    assert every.dtype == np.float32
    assert every.min() >= 0
    assert every.max() <= 1
    own = np.array([[0, 2], [1, 1], [2, 0], [0, 1], [2, 2]])
    made = model.attention(images, own, batch_size=3)
    np.testing.assert_allclose(made, every[np.arange(5)[:, None], own], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("classes", "count", "message"),
    [
        ([3], 2, "classes must lie in 0 to 2, not 3 to 3"),
        ([-1, 1], 2, "classes must lie in 0 to 2, not -1 to 1"),
        ([0], 0, "there is no image to explain"),
        ([[0], [1], [2]], 2, "broadcast"),
        ([], 2, "classes must name at least one of 0 to 2, and are empty"),
        (np.zeros((2, 0), int), 2, "classes must name at least one of 0 to 2"),
        ([1.5], 2, r"classes must be whole numbers of 0 to 2, not \[1.5\]"),
        ([float("nan")], 2, "classes must be whole numbers of 0 to 2"),
        ([float("inf")], 2, "classes must lie in 0 to 2, not inf to inf"),
        ([True, False], 2, "classes must be whole numbers of 0 to 2"),
        (["cat"], 2, r"classes must be whole numbers of 0 to 2, not \['cat'\]"),
        (2**32 + 1, 2, "classes must lie in 0 to 2, not 4294967297"),
    ],
)
def test_attention_errors(make_gain, batch, classes, count, message):
    with pytest.raises(ValueError, match=message):
        make_gain().attention(batch[0]["image"][:count], classes)


def test_attention_follows_training(make_gain, batch):
    """The compiled function must read the weights of now."""
    model, images = make_gain(), batch[0]["image"]
    before = model.attention(images, [0, 1])
    lively(model)
    assert np.abs(model.attention(images, [0, 1]) - before).max() > 1e-2


@pytest.mark.slow
def test_guidance_by_masks_moves_attention_into_them(make_gain, rng):
    """The point of it all: attention energy on a square of the picture grows."""
    images = rng.normal(size=(16, 8, 8, 3)).astype("float32")
    labels = np.arange(16) % 2
    mask = np.zeros((16, 8, 8), np.uint8)
    mask[:, :4, :4] = (labels + 1)[:, None, None]
    images[:, :4, :4] += np.where(labels, 1, -1)[:, None, None, None]
    model = make_gain(activation="softmax", alpha=0.1, kind="pixel")

    def energy():
        maps = model.attention(images, labels[:, None])[:, 0]
        return maps[:, :2, :2].sum() / maps.sum()

    before = energy()
    model.compile(keras.optimizers.Adam(0.03))
    model.fit({"image": images, "mask": mask}, labels, batch_size=16, epochs=25, verbose=0)
    assert before < 0.5
    assert energy() > before + 0.25
