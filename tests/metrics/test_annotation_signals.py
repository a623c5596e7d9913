"""Reasons to annotate an image: hand-worked."""

import numpy as np
import pytest

from gain_tf.metrics.annotation_signals import class_need, disagreement, off_consensus, staked


def test_attention_off_the_region_where_the_class_lies():
    consensus = np.array([[0.5, 0.25], [0.0, 0.0]])
    maps = np.array(
        [[[1.0, 0], [0, 0]], [[0, 1.0], [0, 0]], [[0.5, 0], [0, 0.5]], [[0, 0], [0, 0]]]
    )
    np.testing.assert_allclose(off_consensus(maps, consensus), [0, 0.5, 0.5, 1], atol=1e-12)
    np.testing.assert_allclose(off_consensus(maps, 0 * consensus), 1, atol=1e-12)


def test_networks_that_look_elsewhere():
    one = np.array([[[1.0, 0.5]], [[1.0, 0.0]], [[0.0, 0.0]]])
    other = np.array([[[0.5, 1.0]], [[0.0, 1.0]], [[0.0, 0.0]]])
    # min 0.5 + 0.5 of max 1 + 1; nothing in common; nothing at all
    np.testing.assert_allclose(disagreement(np.stack([one, other])), [0.5, 1, 0], atol=1e-12)
    # A third that agrees with the first: pairs 0.5, 0, 0.5
    three = disagreement(np.stack([one, other, one]))
    np.testing.assert_allclose(three, [1 / 3, 2 / 3, 0], atol=1e-12)
    np.testing.assert_array_equal(disagreement(one[None]), [0, 0, 0])


def test_what_is_staked_and_who_needs():
    np.testing.assert_allclose(staked(np.array([0.9, 0.0])), [0.1, 1], atol=1e-12)
    np.testing.assert_allclose(class_need(np.array([4, 1, 0])), [0, 0.75, 1], atol=1e-12)
    assert class_need(np.zeros(2)).tolist() == [0, 0]
    assert class_need(np.zeros(0)).shape == (0,)
    assert class_need(np.array([3.0])) == pytest.approx([0])
