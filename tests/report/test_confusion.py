"""Confusion of pixels as a picture: what its cells say."""

import numpy as np

from gain_tf.report.confusion import pixel_confusion_figure


def cells(figure):
    return {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in figure.axes[0].texts}


def test_cells_are_per_cent_of_the_true_class():
    confusion = np.array([[300, 100, 0], [1, 199, 0], [0, 0, 0]])
    figure = pixel_confusion_figure(confusion, ["background", "$a$", "b"], "t")
    # 0.5 % is shown, rounded; what is less is not.
    assert cells(figure) == {(0, 0): "75", (0, 1): "25", (1, 0): "0", (1, 1): "100"}
    names = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert names == ["background", "$a$", "b"]


def test_pixels_without_a_class_have_a_column():
    figure = pixel_confusion_figure(np.array([[1, 0, 3], [0, 2, 2]]), ["background", "a"], "t")
    assert cells(figure) == {(0, 0): "25", (0, 2): "75", (1, 1): "50", (1, 2): "50"}
    assert [t.get_text() for t in figure.axes[0].get_xticklabels()][-1] == "undecided"
