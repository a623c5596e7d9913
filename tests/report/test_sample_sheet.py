"""The sample sheet: whatever the classes are called, its words stay apart."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gain_tf.data.dataset import ArrayPictures, DataSet, Split
from gain_tf.report.sample_sheet import sample_figure


@pytest.mark.parametrize(
    "names",
    [
        ("gap at 0 degrees, seen from above", "gap at 180 degrees, seen from above"),
        tuple("abcdefgh"),
        ("a very long name of a class that nobody would ever want to read twice " * 2, "b"),
    ],
)
def test_words_do_not_overlap(names):
    count = len(names)
    split = Split(
        ids=[str(index) for index in range(count)],
        labels=np.eye(count, dtype=np.float32),
        pictures=ArrayPictures(
            np.zeros((count, 8, 8, 3), np.uint8), np.zeros((count, 8, 8), np.uint8)
        ),
        mask_shows=np.zeros((count, count), bool),
        boxes=[np.zeros((0, 4), np.float32)] * count,
        box_labels=[np.zeros(0, np.int32)] * count,
    )
    figure = sample_figure(DataSet("toys", names, {"train": split}, True), split, (8, 8))
    renderer = FigureCanvasAgg(figure).get_renderer()
    extents = [text.get_window_extent(renderer) for text in figure.texts]
    assert len(extents) == 1 + count
    for one, two in combinations(extents, 2):
        assert not one.overlaps(two)
    assert all(each.x0 >= 0 and each.x1 <= figure.bbox.width for each in extents)
