"""Figures of segmentation: hand-worked, and against scikit-learn and a loop on random maps."""

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from gain_tf.metrics import (
    PixelConfusion,
    mean_intersection_over_union,
    pixel_confusion,
    segmentation_figures,
)

SIZE = 5


def test_by_hand():
    confusion = np.array([[6, 2, 0], [1, 3, 0], [0, 2, 4]])
    mean, per_class = mean_intersection_over_union(confusion)
    expected = [6 / 9, 3 / 8, 4 / 6]
    np.testing.assert_allclose(per_class, expected, rtol=0, atol=1e-12)
    assert mean == pytest.approx(sum(expected) / 3, abs=1e-12)


def test_a_class_that_does_not_occur_does_not_count():
    mean, per_class = mean_intersection_over_union(np.array([[3, 0, 1], [0, 0, 0], [0, 0, 4]]))
    np.testing.assert_allclose(per_class, [3 / 4, np.nan, 4 / 5], rtol=0, atol=1e-12)
    assert mean == pytest.approx(0.775, abs=1e-12)


def test_a_class_seen_where_it_is_not_counts_as_zero():
    mean, per_class = mean_intersection_over_union(np.array([[3, 1], [0, 0]]))
    np.testing.assert_allclose(per_class, [0.75, 0], rtol=0, atol=1e-12)
    assert mean == pytest.approx(0.375, abs=1e-12)


def test_no_pixel_no_figure():
    mean, per_class = mean_intersection_over_union(np.zeros((2, 2), int))
    assert np.isnan(mean)
    assert np.isnan(per_class).all()


def test_perfect():
    assert mean_intersection_over_union(np.diag([5, 1, 9]))[0] == 1


def test_pixels_are_counted_by_truth_and_prediction():
    truth = np.array([[0, 1, 1], [255, 2, 0]], np.uint8)
    prediction = np.array([[0, 1, 2], [7, 2, 1]], np.uint8)
    expected = [[1, 1, 0], [0, 1, 1], [0, 0, 1]]
    np.testing.assert_array_equal(pixel_confusion(truth, prediction, 3), expected)


def test_a_pixel_without_a_prediction_is_a_miss_and_no_false_alarm():
    truth = np.array([0, 0, 1, 1, 255], np.uint8)
    prediction = np.array([0, 255, 1, 0, 255], np.uint8)
    confusion = pixel_confusion(truth, prediction, 2, undecided=True)
    np.testing.assert_array_equal(confusion, [[1, 0, 1], [1, 1, 0]])
    figures = segmentation_figures(confusion)
    # Background: one of two found, and one of two so called is one.
    np.testing.assert_allclose(figures.precision, [1 / 2, 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(figures.recall, [1 / 2, 1 / 2], rtol=0, atol=1e-12)
    np.testing.assert_allclose(figures.iou, [1 / 3, 1 / 2], rtol=0, atol=1e-12)
    assert figures.pixel_accuracy == pytest.approx(2 / 4, abs=1e-12)


@pytest.mark.parametrize(
    ("truth", "prediction", "said"),
    [
        ([0, 3], [0, 1], r"truth holds \[3\]; classes are 0 to 2"),
        ([0, 1], [0, 255], r"prediction holds \[255\]"),
        ([0, 1], [0], "truth is"),
    ],
)
def test_what_is_no_class_is_refused(truth, prediction, said):
    with pytest.raises(ValueError, match=said):
        pixel_confusion(np.array(truth), np.array(prediction), 3)


def test_named_figures_are_null_where_there_is_nothing_to_count():
    named = segmentation_figures(np.array([[3, 1], [0, 0]])).named(["background", "boat"])
    assert named["pixel_accuracy"] == pytest.approx(0.75, abs=1e-12)
    assert named["per_class"]["boat"] == {"iou": 0.0, "precision": 0.0, "recall": None}


def random_maps(rng):
    """Ten maps; class 3 occurs in no truth, class 4 nowhere."""
    truth = rng.choice([0, 1, 2, 255], size=(10, 13, 17)).astype(np.uint8)
    wrong = rng.integers(0, SIZE - 1, truth.shape, np.uint8)
    prediction = np.where(rng.uniform(size=truth.shape) < 0.6, truth, wrong)
    # What is predicted where nobody knows the truth is of no account.
    return truth, np.where(truth == 255, wrong, prediction)


def by_loop(truth, prediction):
    """One class at a time, one set of pixels at a time."""
    figures = []
    known = [(t, p) for t, p in zip(truth.flat, prediction.flat, strict=True) if t != 255]
    for c in range(SIZE):
        both = sum(t == c and p == c for t, p in known)
        either = sum(c in (t, p) for t, p in known)
        said = sum(p == c for _, p in known)
        there = sum(t == c for t, _ in known)
        figures.append([both / n if n else np.nan for n in (either, said, there)])
    accuracy = sum(t == p for t, p in known) / len(known)
    return np.array(figures).T, accuracy


def test_random_maps_against_a_loop_and_scikit_learn(rng):
    truth, prediction = random_maps(rng)
    counted = PixelConfusion(SIZE)
    for true, predicted in zip(truth, prediction, strict=True):
        counted.update(true, predicted)
    figures = segmentation_figures(counted.counts)
    (iou, precision, recall), accuracy = by_loop(truth, prediction)
    np.testing.assert_allclose(figures.iou, iou, rtol=0, atol=1e-9)
    np.testing.assert_allclose(figures.precision, precision, rtol=0, atol=1e-9)
    np.testing.assert_allclose(figures.recall, recall, rtol=0, atol=1e-9)
    assert np.isnan(figures.iou[4])
    assert figures.miou == pytest.approx(np.mean(iou[:4]), abs=1e-9)
    assert figures.pixel_accuracy == pytest.approx(accuracy, abs=1e-9)

    known = truth != 255
    pair = truth[known], prediction[known]
    occurring = {"labels": range(4), "zero_division": 0.0}
    jaccard = sklearn_metrics.jaccard_score(*pair, average=None, **occurring)
    np.testing.assert_allclose(figures.iou[:4], jaccard, rtol=0, atol=1e-9)
    mean = sklearn_metrics.jaccard_score(*pair, average="macro", **occurring)
    assert figures.miou == pytest.approx(mean, abs=1e-9)
    expected = sklearn_metrics.accuracy_score(*pair)
    assert figures.pixel_accuracy == pytest.approx(expected, abs=1e-9)
