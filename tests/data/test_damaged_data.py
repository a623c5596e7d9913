"""Data sets with all kinds of damage: a report or a usable data set, never anything else."""

import re
import time
from collections import Counter

import numpy as np
import pytest
from damaged_data import LAYOUTS, damaged_data

from gain_tf.config import parse_config
from gain_tf.data.files import DataError
from gain_tf.data.names import on_one_line
from gain_tf.data.registry import load_data

SECONDS = 5
"""Of a processor, for a data set of a few small files; the time-out of the tests sees a hang."""

PYTHON = re.compile(r"\w(Error|Exception|Warning)\b|<[\w.]+ object|<class |Traceback|<_io")
"""What only Python says."""

# Pillow warns of what OpenCV and the checks then judge.
pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),
    pytest.mark.timeout(600, method="thread"),
]


def outcome(root, seed):
    """Load the data set of a seed; what is usable is used."""
    root.mkdir()
    made = damaged_data(root, seed)
    about = f"seed {seed}, {made.layout}: {', '.join(made.done)}"
    began = time.process_time()
    try:
        found = load_data(parse_config({"name": "x", "data": made.data}).data)
    except DataError as error:
        assert_report(error.problems, made, about)
        said = "reported"
    else:
        assert not made.named, about
        assert_usable(found, about)
        said = "usable"
    assert time.process_time() - began < SECONDS, about
    return said


def assert_report(problems, made, about):
    assert problems, about
    for problem in problems:
        assert problem.strip(), about
        # It can be printed, a line each.
        assert problem == on_one_line(problem), (about, problem)
        assert problem.encode(), (about, problem)
        assert not PYTHON.search(problem.replace(str(made.root), "")), (about, problem)
        assert len(problem) < 8000, (about, problem[:200])
    text = "\n".join(problems)
    assert all(on_one_line(name) in text for name in made.named), (about, text)


def assert_usable(found, about):
    values = {0, 255, *range(1, len(found.class_names) + 1)}
    for split in found.splits.values():
        assert len(set(split.ids)) == len(split.ids), about
        assert all(identifier == on_one_line(identifier) for identifier in split.ids), about
        for index in range(len(split)):
            image, mask = split.pictures.image(index), split.pictures.mask(index)
            assert (image.dtype, image.ndim, image.shape[2]) == (np.uint8, 3, 3), about
            assert mask.shape == image.shape[:2], about
            assert set(np.unique(mask).tolist()) <= values, about
            boxes = split.boxes[index]
            assert ((boxes >= 0) & (boxes <= 1)).all(), about
            assert (boxes[:, :2] <= boxes[:, 2:]).all(), about
            assert len(split.box_labels[index]) == len(boxes), about


def test_some_damaged_data_sets(tmp_path):
    outcomes = Counter(outcome(tmp_path / str(seed), seed) for seed in range(3 * len(LAYOUTS)))
    assert min(outcomes["reported"], outcomes["usable"]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 2200, 200))
def test_many_damaged_data_sets(tmp_path, first):
    outcomes = Counter(outcome(tmp_path / str(seed), seed) for seed in range(first, first + 200))
    assert min(outcomes["reported"], outcomes["usable"]) > 25, outcomes
