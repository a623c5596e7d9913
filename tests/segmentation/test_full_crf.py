"""The dense CRF at full size, in one process and in many; at reduced size; without pydensecrf."""

import sys

import cv2
import numpy as np
import pytest
from loky import ProcessPoolExecutor

from gain_tf.errors import UserError
from gain_tf.models.crf_parameters import CrfParameters
from gain_tf.segmentation.full_crf import refine, refined_labels
from gain_tf.segmentation.reduced_crf import refine_reduced

# The reach of the test photograph's size: a disc of 24 pixels on noise.
REACH = CrfParameters(bilateral_xy=30)


def disc(rng, size=(60, 80)):
    """A bright disc on a dark ground, and a coarse map of it that is 6 pixels off."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    inside = (rows - 30) ** 2 + (columns - 40) ** 2 < 20**2
    image = np.where(inside, 190, 60)[..., None] + rng.normal(0, 6, (*size, 3))
    beside = np.roll(inside, 6, axis=1).astype(np.float32)
    coarse = cv2.resize(beside, (10, 8), interpolation=cv2.INTER_AREA)
    object_ = 0.15 + 0.7 * coarse
    return image.round().astype(np.uint8), np.stack([1 - object_, object_], axis=-1), inside


def wrong(labels, inside):
    return float((labels.astype(bool) != inside).mean())


def test_labels_follow_the_edge(rng):
    pytest.importorskip("pydensecrf.densecrf")
    image, probabilities, inside = disc(rng)
    posterior = refine(image, probabilities, REACH)
    assert posterior.shape == (60, 80, 2)
    assert posterior.dtype == np.float32
    np.testing.assert_allclose(posterior.sum(axis=-1), 1, rtol=0, atol=1e-4)
    before = cv2.resize(probabilities[..., 1].astype(np.float32), (80, 60)) > 0.5
    assert wrong(before, inside) > 0.04
    assert wrong(posterior.argmax(axis=-1), inside) < 0.002


def test_a_pool_answers_in_order_and_as_one_process_does(rng):
    pytest.importorskip("pydensecrf.densecrf")
    items = [disc(rng, size)[:2] for size in ((60, 80), (61, 70), (50, 75))]
    found = list(refined_labels(iter(items), REACH, processes=1, total=3))
    assert [labels.dtype for labels in found] == [np.uint8] * 3
    for labels, item in zip(found, items, strict=True):
        np.testing.assert_array_equal(labels, refine(*item, REACH).argmax(axis=-1))


def test_reduced_size_is_coarser_but_better_than_nothing(rng):
    image, probabilities, inside = disc(rng)
    posterior = refine_reduced(image, probabilities, REACH, longer_side=40)
    assert posterior.shape == (60, 80, 2)
    np.testing.assert_allclose(posterior.sum(axis=-1), 1, rtol=0, atol=1e-4)
    before = cv2.resize(probabilities[..., 1].astype(np.float32), (80, 60)) > 0.5
    assert wrong(posterior.argmax(axis=-1), inside) < wrong(before, inside) / 2


def test_without_the_extra_there_is_a_sentence(rng, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydensecrf", None)
    image, probabilities, _ = disc(rng)
    for asked in (
        lambda: refine(image, probabilities),
        lambda: next(refined_labels([(image, probabilities)])),
    ):
        with pytest.raises(UserError, match=r"pip install 'gain-tf\[crf\]'.*reduced size"):
            asked()


def _labels_of(items):
    return list(refined_labels(items, REACH, processes=1))


def test_a_row_that_is_trained_beside_others_has_its_pool(rng):
    pytest.importorskip("pydensecrf.densecrf")
    items = [disc(rng)[:2]]
    with ProcessPoolExecutor(1) as rows:
        found = rows.submit(_labels_of, items).result()
        rows.shutdown(kill_workers=True)
    np.testing.assert_array_equal(found[0], refine(*items[0], REACH).argmax(axis=-1))
