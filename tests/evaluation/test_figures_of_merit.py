"""From predictions to figures: hand-worked."""

import json

import numpy as np
import pytest

from gain_tf.evaluation.figures_of_merit import (
    attention_figures,
    best_threshold,
    classification_figures,
    verdicts_of,
)
from gain_tf.evaluation.predictions import THRESHOLDS, MapFigures, Predictions
from gain_tf.evaluation.reliability import reliability_figures


def predictions(labels, scores, maps=(), confusion=None, groups=None):
    labels, scores = np.array(labels, np.float32), np.array(scores, np.float32)
    names = [str(index) for index in range(len(labels))]
    size = labels.shape[1] + 1
    confusion = np.zeros((size, size), np.int64) if confusion is None else np.array(confusion)
    return Predictions(names, groups or names, labels, scores, maps, confusion)


def one_map(image, category, energy, *, area=0.1, pointing=False, iou=0.0, zero=False):
    curve = np.zeros(len(THRESHOLDS))
    curve[3] = iou
    return MapFigures(image, category, energy, area, pointing, curve, zero)


SINGLE = predictions(
    np.eye(3)[[0, 0, 0, 1]],
    [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]],
)


def test_one_label_an_image():
    found = classification_figures(SINGLE, ["a", "b", "c"], single_label=True, draws=0)
    assert found["accuracy"] == pytest.approx(3 / 4, abs=1e-12)
    # Recalls 2/3 and 1; class c does not occur.
    assert found["balanced_accuracy"] == pytest.approx(5 / 6, abs=1e-12)
    assert found["map"] == pytest.approx(1.0, abs=1e-12)
    assert found["intervals"] == {"accuracy": None, "balanced_accuracy": None}
    nothing = {"precision": None, "recall": None, "average_precision": None}
    assert found["per_class"] == {
        "a": {
            "images": 3,
            "precision": 1.0,
            "recall": pytest.approx(2 / 3, abs=1e-12),
            "average_precision": 1.0,
        },
        "b": {"images": 1, "precision": 0.5, "recall": 1.0, "average_precision": 1.0},
        "c": {"images": 0, **nothing},
    }
    json.dumps(found, allow_nan=False)


def test_several_labels_an_image():
    several = predictions(
        [[1, 1], [1, 0], [0, 0], [0, 1]], [[0.9, 0.4], [0.6, 0.2], [0.7, 0.1], [0.2, 0.8]]
    )
    found = classification_figures(several, ["a", "b"], single_label=False, draws=0)
    # Wrong: b of the first, a of the third.
    assert found["accuracy"] == pytest.approx(1 / 2, abs=1e-12)
    # a: recall 1, specificity 1/2; b: recall 1/2, specificity 1.
    assert found["balanced_accuracy"] == pytest.approx(3 / 4, abs=1e-12)
    # a: hits at ranks 1 and 3; b: at 1 and 2.
    assert found["map"] == pytest.approx(((1 + 2 / 3) / 2 + 1) / 2, abs=1e-6)
    assert found["per_class"]["a"]["precision"] == pytest.approx(2 / 3, abs=1e-12)
    assert found["per_class"]["b"]["recall"] == pytest.approx(1 / 2, abs=1e-12)


def test_a_single_class_is_judged_by_itself():
    """One column: its own precision and recall, not those of its absence."""
    one = predictions([[1], [0], [1], [0]], [[0.9], [0.8], [0.7], [0.1]])
    found = classification_figures(one, ["defect"], single_label=False, draws=0)
    assert found["per_class"]["defect"]["precision"] == pytest.approx(2 / 3, abs=1e-12)
    assert found["per_class"]["defect"]["recall"] == 1.0
    assert found["per_class"]["defect"]["images"] == 2


def test_intervals_hold_the_figure():
    found = classification_figures(SINGLE, ["a", "b", "c"], single_label=True, draws=200)
    for name, (low, high) in found["intervals"].items():
        assert 0 <= low <= found[name] <= high <= 1
        assert low < high
    together = predictions(SINGLE.labels, SINGLE.scores, groups=["g"] * 4)
    found = classification_figures(together, ["a", "b", "c"], single_label=True, draws=20)
    # Every draw of one group is the same: an interval of no width would promise too much.
    assert found["intervals"] == {"accuracy": None, "balanced_accuracy": None}


def test_verdicts():
    scores = np.array([[0.6, 0.7], [0.5, 0.2]])
    assert verdicts_of(scores, single_label=True).tolist() == [[False, True], [True, False]]
    assert verdicts_of(scores, single_label=False).tolist() == [[True, True], [False, False]]


MAPS = [
    one_map(0, 0, 0.5, pointing=True, iou=0.4),
    one_map(0, 1, 0.1, area=0.3, iou=0.2),
    one_map(2, 0, 0.0, zero=True),
]


def test_attention_by_hand():
    judged = predictions(np.eye(3), np.eye(3), MAPS, np.diag([2, 2, 0, 0]) + np.eye(4)[::-1] * 0)
    found = attention_figures(judged, ["a", "b", "c"], 0.2, draws=50)
    figures = ("energy_in_mask", "mask_area", "pointing_game", "iou", "zero_maps")
    expected = [0.2, 0.5 / 3, 1 / 3, 0.2, 1 / 3]
    np.testing.assert_allclose([found[f] for f in figures], expected, rtol=0, atol=1e-12)
    assert (found["iou_threshold"], found["maps"], found["cue_miou"]) == (0.2, 3, 1.0)
    per_class = found["per_class"]
    assert list(per_class) == ["a", "b"]
    found_a = [per_class["a"][f] for f in (*figures, "maps")]
    np.testing.assert_allclose(found_a, [0.25, 0.1, 0.5, 0.2, 0.5, 2], rtol=0, atol=1e-12)
    assert per_class["b"]["mask_area"] == pytest.approx(0.3, abs=1e-12)
    assert len(found["iou_curve"]["iou"]) == len(found["iou_curve"]["threshold"]) == 19
    # Images 0 and 2 are drawn whole.
    assert found["intervals"]["energy_in_mask"] == (0.0, pytest.approx(0.3, abs=1e-12))
    json.dumps(found, allow_nan=False)


def test_the_best_threshold():
    assert best_threshold(predictions(np.eye(3), np.eye(3), MAPS)) == 0.2
    assert best_threshold(SINGLE) is None


def test_a_split_without_an_image_of_any_class():
    """Nothing to recall: no figure, instead of a bad one."""
    nothing = predictions([[0, 0], [0, 0]], [[0.9, 0.4], [0.1, 0.2]])
    found = classification_figures(nothing, ["a", "b"], single_label=False, draws=20)
    assert found["accuracy"] == pytest.approx(1 / 2, abs=1e-12)
    assert found["balanced_accuracy"] is None
    assert found["map"] is None
    assert found["intervals"]["balanced_accuracy"] is None
    json.dumps(found, allow_nan=False)


def test_verdicts_of_one_label_are_as_sure_as_their_score():
    found = reliability_figures(SINGLE, single_label=True)
    # 0.8 and 0.8 right, 0.6 right, 0.7 wrong: bins 12, 9 and 10
    assert found["calibration_error"] == pytest.approx((2 * 0.2 + 0.4 + 0.7) / 4, abs=1e-6)
    assert found["calibration"]["verdicts"] == [1, 1, 2]
    curve = dict(zip(*found["reject_curve"].values(), strict=True))
    assert (curve[0.0], curve[0.25], curve[0.5]) == (0.75, 2 / 3, 1.0)
    assert found["accuracy_rejecting_10"] == 0.75
    assert found["worst_group"] is None
    json.dumps(found, allow_nan=False)


def test_an_image_of_several_labels_is_as_sure_as_its_least_sure_verdict():
    several = predictions([[1, 1], [1, 0]], [[0.9, 0.4], [0.7, 0.2]])
    found = reliability_figures(several, single_label=False)
    # Verdicts of 0.9, 0.7 and 0.8 right, one of 0.6 wrong; the second image is surer.
    assert found["calibration_error"] == pytest.approx((0.1 + 0.3 + 0.2 + 0.6) / 4, abs=1e-6)
    curve = dict(zip(*found["reject_curve"].values(), strict=True))
    assert (curve[0.0], curve[0.5]) == (0.5, 1.0)


def test_maps_by_the_size_of_their_object():
    maps = [
        one_map(0, 0, 0.1, area=0.01, pointing=True, iou=0.2),
        one_map(1, 0, 0.5, area=0.1),
        one_map(2, 0, 0.3, area=0.1, pointing=True),
    ]
    several = predictions(np.eye(1)[[0, 0, 0]], [[1], [1], [1]], maps)
    found = attention_figures(several, ["a"], 0.2, draws=0)
    assert found["energy_lift"] == pytest.approx(0.3 / 0.07, abs=1e-9)
    small, medium = found["per_size"]["small"], found["per_size"]["medium"]
    assert set(found["per_size"]) == {"small", "medium"}
    assert (small["maps"], small["pointing_game"], small["iou"]) == (1, 1.0, 0.2)
    assert small["energy_lift"] == pytest.approx(10, abs=1e-9)
    assert (medium["maps"], medium["pointing_game"]) == (2, 0.5)
    assert medium["energy_lift"] == pytest.approx(4, abs=1e-9)
