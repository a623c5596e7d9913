"""Which (image, class) pairs there are, and what each weighs."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gain_tf.attention import images_carrying, pair_weights, pairs_of

LABELS = tf.constant([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
MULTI_HOT = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.sampled_from([0, 1])
)
FEW = settings(deadline=None, max_examples=40)


def test_pairs_by_image_then_class():
    pairs = pairs_of(LABELS)
    np.testing.assert_array_equal(pairs.image, [0, 0, 2])
    np.testing.assert_array_equal(pairs.category, [0, 2, 1])
    np.testing.assert_array_equal(pairs.valid, [1, 1, 1])
    assert pairs.image.dtype == pairs.category.dtype == tf.int32


@pytest.mark.parametrize(
    ("max_labels", "image", "category", "valid"),
    [
        (1, [0, 1, 2], [0, 0, 1], [1, 0, 1]),
        (2, [0, 0, 1, 1, 2, 2], [0, 2, 0, 1, 1, 0], [1, 1, 0, 0, 1, 0]),
    ],
)
def test_padding_to_a_fixed_number_a_image(max_labels, image, category, valid):
    pairs = pairs_of(LABELS, max_labels)
    np.testing.assert_array_equal(pairs.image, image)
    np.testing.assert_array_equal(pairs.category, category)
    np.testing.assert_array_equal(pairs.valid, valid)


def test_padded_pairs_are_static_under_tracing():
    function = tf.function(lambda labels: pairs_of(labels, 2))
    signature = function.get_concrete_function(tf.TensorSpec([5, 3])).structured_outputs
    assert [tensor.shape for tensor in signature] == [(10,), (10,), (10,)]


def test_no_label_at_all_is_one_pair_of_padding():
    """An empty batch of pairs crashes TensorFlow's kernels."""
    pairs = pairs_of(tf.zeros([2, 3]))
    np.testing.assert_array_equal(pairs.valid, [0])
    np.testing.assert_array_equal(pair_weights(pairs, pairs.valid, 2), [0])


def test_weights_by_hand():
    pairs = pairs_of(LABELS)
    # two images; the first shares its half between two classes
    np.testing.assert_allclose(
        pair_weights(pairs, tf.ones(3), 3), [0.25, 0.25, 0.5], rtol=0, atol=1e-7
    )
    # only the pairs (0, 2) and (2, 1) carry the term
    carried = tf.constant([0.0, 1.0, 1.0])
    np.testing.assert_allclose(pair_weights(pairs, carried, 3), [0, 0.5, 0.5], rtol=0, atol=1e-7)
    np.testing.assert_allclose(images_carrying(pairs, carried, 3), 2)
    # and only one image of three has it: it keeps its voice
    carried = tf.constant([1.0, 0.0, 0.0])
    np.testing.assert_allclose(pair_weights(pairs, carried, 3), [1, 0, 0], rtol=0, atol=1e-7)
    np.testing.assert_allclose(images_carrying(pairs, carried, 3), 1)


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_importance_multiplies(shape, dtype):
    importance = np.array([2, 5, 3], dtype).reshape(shape)
    weights = pair_weights(pairs_of(LABELS), tf.ones(3), 3, tf.constant(importance))
    np.testing.assert_allclose(weights, [0.5, 0.5, 1.5], rtol=0, atol=1e-6)


@FEW
@given(MULTI_HOT)
def test_pairs_are_the_ones_of_the_labels(labels):
    pairs = pairs_of(tf.constant(labels))
    rebuilt = np.zeros_like(labels)
    rebuilt[pairs.image, pairs.category] = pairs.valid
    np.testing.assert_array_equal(rebuilt, labels)
    assert len(pairs.valid) == max(labels.sum(), 1)


@FEW
@given(MULTI_HOT, st.data())
def test_weights_sum_to_one_over_any_carried_pairs(labels, data):
    pairs = pairs_of(tf.constant(labels))
    flags = st.sampled_from([0.0, 1.0])
    count = len(pairs.valid)
    carried = np.array(data.draw(st.lists(flags, min_size=count, max_size=count)), np.float32)
    weights = pair_weights(pairs, tf.constant(carried), len(labels)).numpy()
    some = (carried * pairs.valid.numpy()).any()
    np.testing.assert_allclose(weights.sum(), 1.0 if some else 0.0, rtol=0, atol=1e-6)
    assert (weights >= 0).all()
    assert (weights[carried == 0] == 0).all()
    # each carrying image has the same share
    per_image = np.bincount(pairs.image, weights, len(labels))
    shares = per_image[per_image > 0]
    np.testing.assert_allclose(shares, 1 / max(len(shares), 1), rtol=0, atol=1e-6)
    np.testing.assert_allclose(
        images_carrying(pairs, tf.constant(carried), len(labels)), len(shares)
    )


@FEW
@given(MULTI_HOT)
def test_padding_changes_no_weight(labels):
    exact, padded = pairs_of(tf.constant(labels)), pairs_of(tf.constant(labels), labels.shape[1])
    count = len(labels)

    def table(pairs):
        result = np.zeros_like(labels)
        weights = pair_weights(pairs, tf.ones_like(pairs.valid), count).numpy()
        np.add.at(result, (pairs.image.numpy(), pairs.category.numpy()), weights)
        return result

    np.testing.assert_allclose(table(exact), table(padded), rtol=0, atol=1e-7)
