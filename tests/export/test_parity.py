"""The gate: what passes, what does not, and what is said then."""

import numpy as np
import pytest

from gain_export.answers import Answers
from gain_export.parity import compare, require
from gain_tf.errors import FailedError

SCORES = np.array([[0.6, 0.4], [0.30004, 0.69996], [0.5, 0.5]])
MAPS = np.zeros((3, 1, 2, 2))
CLASSES = np.array([[0], [1], [0]])
IDS = ["one", "two", "three"]


def moved(array, place, by):
    array = array.copy()
    array[place] += by
    return array


def judged(scores=SCORES, maps=MAPS):
    exported = Answers(scores, maps, CLASSES)
    return compare(Answers(SCORES, MAPS, CLASSES), exported, IDS, single_label=True)


def test_what_agrees_passes():
    parity = judged(moved(SCORES, (1, 0), 9e-5), moved(MAPS, (0, 0, 1, 1), 9e-4))
    assert parity.passed
    assert parity.images == 3
    assert parity.scores == pytest.approx(9e-5, abs=1e-9)
    assert parity.attention == pytest.approx(9e-4, abs=1e-9)
    assert parity.verdicts == 0
    require(parity, "model.onnx")


@pytest.mark.parametrize(
    ("scores", "maps", "worst", "message"),
    [
        (moved(SCORES, (1, 0), 2e-4), MAPS, "two", "scores differ by up to 0.0002"),
        (SCORES, moved(MAPS, (0, 0, 0, 1), 2e-3), "one", "attention by 0.002"),
        # Within the tolerance, but the best class is another.
        (moved(SCORES, (2, 1), 5e-5), MAPS, "three", "1 verdicts"),
        (moved(SCORES, (1, 1), np.nan), MAPS, "two", "scores differ by up to inf"),
        (SCORES, moved(MAPS, (2, 0, 0, 0), np.nan), "three", "attention by inf"),
    ],
)
def test_what_does_not_is_refused_by_name(scores, maps, worst, message):
    parity = judged(scores, maps)
    assert not parity.passed
    assert parity.worst == worst
    with pytest.raises(FailedError, match=message):
        require(parity, "model.onnx")
    assert parity.figures()["passed"] is False


def test_scores_alone():
    alone = compare(
        Answers(SCORES, None, None), Answers(SCORES, None, None), IDS, single_label=True
    )
    assert alone.passed
    assert alone.attention is None
    assert alone.figures()["attention"] is None


def test_with_several_labels_every_class_has_a_verdict():
    """0.49996 against 0.50004: within the tolerance, and another verdict."""
    before = np.array([[0.9, 0.49996]])
    after = np.array([[0.9, 0.50004]])
    several = compare(
        Answers(before, None, None), Answers(after, None, None), ["x"], single_label=False
    )
    assert several.verdicts == 1


@pytest.mark.parametrize("single_label", [True, False])
@pytest.mark.parametrize(("apart", "wrong"), [(2e-7, 0), (4e-6, 1)])
def test_a_tie_may_go_either_way(single_label, apart, wrong):
    """Rounding alone, 1e-7 to either side of one half; and twenty times as much."""
    before = np.array([[0.5 + apart / 2, 0.5 - apart / 2]])
    after = before[:, ::-1]
    found = compare(
        Answers(before, None, None),
        Answers(after, None, None),
        ["x"],
        single_label=single_label,
    )
    assert found.verdicts == wrong
