"""The sheet from attention to masks: which lines it has, and what is drawn in them."""

import numpy as np
import pytest

from gain_tf.config import parse_config
from gain_tf.data.dataset import ArrayPictures, DataSet, Split
from gain_tf.data.indexed import colour_map, write_indexed
from gain_tf.report.result import RowResult, one_a_network, with_segmenter
from gain_tf.report.segmentation_sheet import (
    EXAMPLES,
    segmentation_figure,
    segmentation_lines,
    shown_images,
)
from gain_tf.segmentation.cue_files import CueFolder, made_cues, pseudo_labels

SIDE = 40


@pytest.fixture
def data():
    """Two grey images whose left half is of the first class."""
    masks = np.zeros((2, SIDE, SIDE), np.uint8)
    masks[:, :, : SIDE // 2] = 1
    split = Split(
        ids=["one", "two"],
        labels=np.array([[1.0], [1.0]], np.float32),
        pictures=ArrayPictures(np.full((2, SIDE, SIDE, 3), 90, np.uint8), masks),
        mask_shows=np.ones((2, 1), bool),
        boxes=[np.zeros((0, 4), np.float32)] * 2,
        box_labels=[np.zeros(0, np.int32)] * 2,
    )
    return DataSet("halves", ["half"], {"train": split, "test": split}, False, about={})


@pytest.fixture
def rows(data, tmp_path):
    """Two rows with one attention network: the second segmenter sees nothing but background."""
    attention = np.array([[[1.0, 0.0]]], np.float32)
    saliency = np.array([[1.0, 0.0]], np.float32)
    rules = {"threshold": 0.2, "share": 0.5}
    cues = made_cues(attention, [0], saliency, 1, **rules)
    for name in data.splits["test"].ids:
        labels = pseudo_labels(cues, (SIDE, SIDE), **rules)
        CueFolder(tmp_path / "cues" / "test").write(name, cues, labels)
    results = []
    seen = {"first": data.splits["test"].pictures.mask(0), "second": np.zeros((8, 8))}
    for row, mask in seen.items():
        folder = tmp_path / row / "segmenter"
        (folder / EXAMPLES).mkdir(parents=True)
        for name in data.splits["test"].ids:
            write_indexed(mask.astype(np.uint8), folder / EXAMPLES / f"{name}.png")
        results.append(RowResult(row, {}, tmp_path, {}, folder))
    return results


def test_cues_are_drawn_once_and_each_segmenter_by_itself(data, rows):
    config = parse_config({"name": "x", "evaluation": {"figures": 9}})
    shown = shown_images(config, data)
    plain = RowResult("plain", {}, rows[0].folder, {})
    lines = segmentation_lines(shown, [plain, *rows], data)
    headings = ["image", "truth", "first: cues", "first: segmenter", "second: segmenter"]
    assert [line.heading for line in lines] == headings
    assert all(len(line.pictures) == 2 for line in lines)
    image, truth, cues, first, second = (line.pictures[0].astype(float) for line in lines)
    side = len(image)
    # Far from names and outlines: the lower quarter, left and right.
    left, right = (3 * side // 4, side // 4), (3 * side // 4, 3 * side // 4)
    tint = 0.45 * 90 + 0.55 * colour_map()[1]
    for drawn in (truth, cues, first):
        np.testing.assert_allclose(drawn[left], tint, atol=1)
    assert np.all(second[left] == 90)
    for drawn in (truth, first, second):
        assert np.all(drawn[right] == 90)
    # A cue for background is dark.
    assert np.all(cues[right] == 30)
    figure = segmentation_figure(lines)
    assert len(figure.axes) == 5 * 2


def test_without_what_was_written_there_are_no_lines(data, rows, tmp_path):
    config = parse_config({"name": "x"})
    shown = shown_images(config, data)
    bare = RowResult("bare", {}, tmp_path, {}, tmp_path / "nowhere")
    assert segmentation_lines(shown, [bare], data) == []
    assert segmentation_lines([], rows, data) == []


def test_rows_that_share_a_network_are_one(tmp_path):
    names = {"plain": "plain", "guided": ".", "own": ".", "upper": "plain"}
    results = [RowResult(name, {}, tmp_path / place, {}) for name, place in names.items()]
    assert [each.name for each in one_a_network(results)] == ["plain", "guided"]


def test_who_learned_from_masks_has_no_cues():
    figures = {"segmentation": {"miou": 0.3}, "images": 4}
    judged = {"segmentation": {"miou": 0.7}}
    joined = with_segmenter(figures, judged, from_cues=True)
    assert joined == {**figures, "segmenter": {"miou": 0.7}}
    joined = with_segmenter(figures, judged, from_cues=False)
    assert joined == {"images": 4, "segmenter": {"miou": 0.7}}
