"""The sheet of maps: what stands above a column stays above it."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from gain_tf.data.dataset import ArrayPictures, DataSet, Split
from gain_tf.report.attention_sheet import attention_figure
from gain_tf.report.examples import Answer, Shown


@pytest.fixture(scope="module")
def data():
    masks = np.zeros((1, 8, 8), np.uint8)
    masks[:, 2:5, 3:7] = 1
    split = Split(
        ids=["only"],
        labels=np.ones((1, 1), np.float32),
        pictures=ArrayPictures(np.full((1, 8, 8, 3), 90, np.uint8), masks),
        mask_shows=np.ones((1, 1), bool),
        boxes=[np.zeros((0, 4), np.float32)],
        box_labels=[np.zeros(0, np.int32)],
    )
    return DataSet("toys", ["a"], {"validation": split}, single_label=True)


@pytest.mark.parametrize(
    "name", ["swap", "revive+evidence rolled", "evidence and mining, all boxes"]
)
def test_a_heading_does_not_run_into_its_neighbour(data, name):
    answer = Answer(np.ones((2, 2)), "a", 0.9, right=True)
    answers = {"guided": [answer], name: [answer], f"{name}?": [answer]}
    figure = attention_figure([Shown(0, 0)], answers, data.splits["validation"], data)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    column = figure.bbox.width / (len(answers) + 1)
    headings = {text.get_text(): text.get_window_extent() for text in figure.texts}
    assert list(headings) == ["ground truth", *answers]
    for number, extent in enumerate(headings.values()):
        assert number * column <= extent.x0
        assert extent.x1 <= (number + 1) * column
