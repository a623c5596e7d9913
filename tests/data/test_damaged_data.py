"""Data sets with all kinds of damage: a report or a usable data set, never anything else."""

import json
import re
import time
from collections import Counter

import numpy as np
import pytest
from damaged_boxes import BOXES, KINDS
from damaged_data import LAYOUTS, damaged_data, texts_of, whole_data
from damaged_texts import JSON, coco

from gain_tf.config import parse_config
from gain_tf.data.files import DataError
from gain_tf.data.names import on_one_line
from gain_tf.data.registry import load_data

FEW = range(3 * len(LAYOUTS))
MANY = range(1000, 2200)

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
    outcomes = Counter(outcome(tmp_path / str(seed), seed) for seed in FEW)
    assert min(outcomes["reported"], outcomes["usable"]) > 0


@pytest.mark.slow
@pytest.mark.parametrize("first", MANY[::200])
def test_many_damaged_data_sets(tmp_path, first):
    outcomes = Counter(outcome(tmp_path / str(seed), seed) for seed in range(first, first + 200))
    assert min(outcomes["reported"], outcomes["usable"]) > 25, outcomes


@pytest.mark.slow
def test_each_kind_of_wrong_box_is_among_them(tmp_path):
    drawn = Counter()
    for seed in (seed for seed in [*FEW, *MANY] if LAYOUTS[seed % len(LAYOUTS)] in BOXES):
        root = tmp_path / str(seed)
        root.mkdir()
        made = damaged_data(root, seed)
        drawn.update((made.layout, each.rpartition(" in ")[0]) for each in made.done)
    assert min(drawn[layout, kind] for layout in BOXES for kind in KINDS) >= 5, drawn


OUTSIDE = r"x0, y0, x1, y1 = .* lies outside of the image, 12 x 10"
SAID = {
    "a NaN in a box": "must be a finite number, not '?nan",
    "an infinity in a box": "must be a finite number, not '?-?inf",
    "a huge box": OUTSIDE,
    "a negative box": OUTSIDE,
    "a box outside": OUTSIDE,
    "a box half outside": OUTSIDE,
    "a box in the pixel beside the image": OUTSIDE,
    "an inverted box": "width and height must be|xmax and ymax must not be less than",
}
WHOLE = {
    ("coco", "a box less than a pixel over the edge"): [0, 0, 10, 12],
    ("labelme", "a box less than a pixel over the edge"): [0, 0, 10, 12],
    ("voc", "a box less than a pixel over the edge"): [0, 0, 10, 12],
    # Its corners are any two that lie opposite.
    ("labelme", "an inverted box"): [2, 2, 9, 7],
}
"""What is not wrong, and the box in pixels that it is."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", BOXES)
def test_one_wrong_box(tmp_path, layout, kind):
    """It is told of by file, and nothing else is; or it is clipped to its image."""
    for seed in range(8):
        root = tmp_path / str(seed)
        root.mkdir()
        random = np.random.default_rng(seed)
        made = whole_data(root, layout, random)
        path = texts_of(root)[0]
        path.write_bytes(BOXES[layout][kind](random, path.read_bytes()))
        config = parse_config({"name": "x", "data": made.data}).data
        if (layout, kind) in WHOLE:
            found = load_data(config)
            assert_usable(found, kind)
            boxes = np.concatenate([np.concatenate(each.boxes) for each in found.splits.values()])
            near = np.abs(boxes * [10, 12, 10, 12] - WHOLE[layout, kind]).max(axis=1)
            assert near.min() < 1e-5, boxes
        else:
            with pytest.raises(DataError) as caught:
                load_data(config)
            assert_report(caught.value.problems, made, kind)
            for problem in caught.value.problems:
                assert problem.startswith(f"{path}, "), problem
                assert re.search(SAID[kind], problem), problem


def test_the_damage_of_a_seed_is_always_the_same():
    """What one drew into a file another must not have changed."""
    data = json.dumps(coco([("0.jpg", 0), ("1.jpg", 1), ("2.jpg", 0), ("3.jpg", 1)])).encode()

    def drawn():
        return [JSON["changed values"](np.random.default_rng(seed), data) for seed in range(400)]

    assert drawn() == drawn()
