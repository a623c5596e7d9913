"""The rule from scores to a verdict, number by number."""

import numpy as np
import pytest
from models import metadata

from gain_serving.decision import judge
from gain_serving.metadata import read_metadata


def described(single_label, band=None, score=0.5):
    thresholds = {"score": score, "attention": None, "reject_band": band}
    return read_metadata(metadata(single_label=single_label, thresholds=thresholds))


@pytest.mark.parametrize(
    ("scores", "band", "expected"),
    [
        ([0.2, 0.5, 0.3], None, ("class 1", True)),
        ([0.4, 0.4, 0.2], None, ("class 0", True)),
        ([0.1, 0.2, 0.7], (0.0, 0.7), ("class 2", True)),  # the band ends before its end
        ([0.1, 0.3, 0.6], (0.0, 0.7), ("reject", False)),
        ([0.25, 0.25, 0.5], (0.5, 0.7), ("reject", False)),  # and begins at its begin
        ([0.0, 0.9, 0.1], (0.05, 0.5), ("class 1", True)),  # only the best score counts
        ([np.nan, 0.9, 0.1], None, ("reject", False)),
    ],
)
def test_one_label(scores, band, expected):
    assert judge(np.float32(scores), described(True, band)) == expected


@pytest.mark.parametrize(
    ("scores", "band", "expected"),
    [
        ([0.6, 0.5, 0.9], None, ("class 0;class 2", True)),
        ([0.1, 0.5, 0.3], None, ("", True)),
        ([0.6, 0.4, 0.9], (0.4, 0.5), ("reject", False)),
        ([0.6, 0.39, 0.9], (0.4, 0.5), ("class 0;class 2", True)),
        ([0.6, np.nan, 0.9], None, ("reject", False)),
    ],
)
def test_several_labels(scores, band, expected):
    assert judge(np.float32(scores), described(False, band)) == expected


def test_the_threshold_of_the_model_counts():
    """0.3 in single precision is a little more than 0.3; the model knows single precision only."""
    assert judge(np.float32([0.3, 0.31, 0.2]), described(False, score=0.3)) == ("class 1", True)
