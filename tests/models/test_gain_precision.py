"""Half precision, loss scaling, and XLA."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from support import tiny_segmenter

layers = keras.layers


def step(make_gain, batch, policy, **settings):
    """Weights and logs of one step of SGD from the same start, whatever the precision."""
    keras.utils.set_random_seed(5)
    keras.config.set_dtype_policy(policy)
    model = make_gain(**settings)
    before = model.get_weights()
    optimizer = keras.optimizers.SGD(0.1)
    if policy == "mixed_float16":
        # At the usual 2^15 this loss overflows, and the first steps are skipped.
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=2.0**10)
    model.compile(optimizer, run_eagerly=True)
    logs = model.train_on_batch(*batch, return_dict=True)
    moved = [now - then for now, then in zip(model.get_weights(), before, strict=True)]
    return model, moved, logs


@pytest.fixture
def exact_step(make_gain, batch):
    return step(make_gain, batch, "float32")


@pytest.mark.parametrize(
    ("policy", "tolerance"), [("mixed_float16", 0.02), ("mixed_bfloat16", 0.4)]
)
def test_a_mixed_step_is_the_float32_step(make_gain, batch, exact_step, policy, tolerance):
    """To `tolerance` of each update's norm: float16 keeps 11 bits, bfloat16 8."""
    _, expected, expected_logs = exact_step
    _, made, logs = step(make_gain, batch, policy)
    assert logs["loss"] == pytest.approx(expected_logs["loss"], rel=tolerance / 4)
    for one, two in zip(made, expected, strict=True):
        length = np.linalg.norm(two)
        assert length > 1e-3
        assert np.linalg.norm(one - two) < tolerance * length


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_the_loss_is_scaled_for_float16_alone(make_gain, policy):
    keras.config.set_dtype_policy(policy)
    model = make_gain()
    model.compile("sgd")
    scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (policy == "mixed_float16")


def test_half_precision_stops_at_the_features(make_gain, batch):
    keras.config.set_dtype_policy("mixed_float16")
    model = make_gain()
    assert model.features.get_layer("convolution").compute_dtype == "float16"
    assert model.features(batch[0]["image"]).dtype == tf.float16
    assert {layer.compute_dtype for layer in model.head.layers} == {"float32"}
    assert model.predict(batch[0]["image"], verbose=0).dtype == np.float32
    assert model.attention(batch[0]["image"], [0]).dtype == np.float32
    _, terms = model.terms(*batch, training=True)
    assert {term.value.dtype for term in terms.values()} == {tf.float32}


def test_the_loss_is_really_scaled_and_overflow_skips_the_step(make_gain, batch):
    keras.config.set_dtype_policy("mixed_float16")
    model = make_gain()
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=2.0**40)
    model.compile(scaled, run_eagerly=True)
    before = model.get_weights()
    logs = model.train_on_batch(*batch, return_dict=True)
    # float16 gradients of 2^40 times the loss are infinite: no step, half the scale
    assert np.isfinite(logs["loss"])
    assert float(model.optimizer.dynamic_scale) == 2.0**39
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_head_left_in_the_mixed_policy_is_refused(make_features, make_gain):
    keras.config.set_dtype_policy("mixed_float16")
    dense = layers.Dense(3, name="half_dense")
    head = keras.Sequential([keras.Input((4, 4, 4)), layers.Flatten(dtype="float32"), dense])
    with pytest.raises(ValueError, match="must stay in float32: build its layers half_dense with"):
        make_gain(make_features(), head)


@pytest.mark.slow
def test_xla_gives_the_terms_and_the_step_of_the_graph(make_gain, batch):
    results = []
    for jit in (False, True):
        keras.utils.set_random_seed(5)
        model = make_gain(max_labels=2)
        model.compile(keras.optimizers.SGD(0.1), jit_compile=jit)
        assert model.jit_compile == jit
        logs = model.train_on_batch(*batch, return_dict=True)
        results.append((logs, model.get_weights()))
    (logs, weights), (xla_logs, xla_weights) = results
    assert xla_logs == pytest.approx(logs, abs=1e-5)
    assert min(logs[name] for name in ("attention_mining", "pixel_attention", "box_attention")) > 0
    for one, two in zip(weights, xla_weights, strict=True):
        np.testing.assert_allclose(two, one, rtol=0, atol=1e-5)


def test_xla_needs_a_fixed_number_of_labels(make_gain):
    with pytest.raises(ValueError, match="jit_compile=True needs a fixed number of classes"):
        make_gain().compile("sgd", jit_compile=True)
    plain = make_gain(alpha=0, omega=0)
    plain.compile("sgd", jit_compile=True)
    assert plain.jit_compile


def test_auto_leaves_xla_off_on_a_cpu(make_gain):
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    for settings in ({}, {"max_labels": 1}):
        model = make_gain(**settings)
        model.compile("sgd")
        assert model.jit_compile is False


def test_auto_leaves_xla_off_where_the_pairs_vary(make_gain, a_gpu):
    varying, static = make_gain(), make_gain(max_labels=1)
    for model in (varying, static):
        model.compile("sgd")
    assert varying.jit_compile is False
    assert static.jit_compile is True
    static.compile("sgd", run_eagerly=True)
    assert static.jit_compile is False


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("settings", [{}, {"max_labels": 1}])
def test_what_a_gpu_saved_is_loaded_anywhere(make_gain, a_gpu, tmp_path, settings):
    model = make_gain(**settings)
    model.compile("sgd")
    model.save(tmp_path / "model.keras")
    a_gpu.undo()
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.jit_compile is False
    assert loaded.get_compile_config()["jit_compile"] == "auto"


def test_a_segmenter_too_keeps_what_was_asked(a_gpu):
    model = tiny_segmenter(2)
    model.compile("sgd")
    assert model.jit_compile is True
    assert model.get_compile_config()["jit_compile"] == "auto"


def test_an_older_file_that_says_what_auto_came_to_is_loaded(make_gain):
    model = make_gain()
    model.compile("sgd")
    config = {**model.get_compile_config(), "jit_compile": True}
    model.compile_from_config(config)
    assert model.jit_compile is False
