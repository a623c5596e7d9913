"""Cues on disk and judged: what is written is read, counts by hand."""

import numpy as np
import pytest

from gain_tf.data.decode import UnreadableImageError, read_mask
from gain_tf.segmentation.attention_maps import averaged_attention
from gain_tf.segmentation.cue_evaluation import CueEvaluation
from gain_tf.segmentation.cue_files import CueFolder, ImageCues, made_cues, pseudo_labels

RULES = {"threshold": 0.2, "share": 0.1}


def test_what_is_written_is_read(tmp_path, rng):
    folder = CueFolder(tmp_path)
    attention = rng.uniform(size=(2, 5, 6)).astype(np.float32)
    saliency = rng.uniform(size=(5, 6)).astype(np.float32)
    cues = made_cues(attention, [2, 0], saliency, 4, **RULES)
    labels = pseudo_labels(cues, (20, 30), **RULES)
    name = "class/part.0815"
    assert not folder.has(name)
    folder.write(name, cues, labels)
    assert folder.has(name)
    found = folder.read(name)
    assert found.classes == [2, 0]
    np.testing.assert_array_equal(found.cells, cues.cells)
    np.testing.assert_array_equal(found.attention, attention)
    np.testing.assert_array_equal(found.saliency, saliency)
    np.testing.assert_array_equal(read_mask(tmp_path / "labels/class/part.0815.png"), labels)
    assert found.cells.shape == (5, 5, 6)
    assert labels.shape == (20, 30)
    assert set(np.unique(labels)) <= {0, 1, 3, 255}
    assert [path.name for path in tmp_path.rglob(".writing-*")] == []


def test_without_saliency_there_is_none(tmp_path):
    folder = CueFolder(tmp_path)
    cues = made_cues(np.zeros((0, 2, 2), np.float32), [], None, 1, **RULES)
    folder.write("a", cues, pseudo_labels(cues, (4, 4), **RULES))
    assert folder.read("a").saliency is None
    assert not read_mask(folder.label("a")).any()


def test_cues_that_cannot_be_read(tmp_path):
    folder = CueFolder(tmp_path)
    with pytest.raises(FileNotFoundError):
        folder.read("a")
    cues = made_cues(np.zeros((0, 2, 2), np.float32), [], None, 1, **RULES)
    folder.write("a", cues, pseudo_labels(cues, (4, 4), **RULES))
    whole = folder.array("a").read_bytes()
    for damaged in (whole[:-30], whole.replace(b"cues.npy", b"kues.npy"), b"no archive"):
        folder.array("a").write_bytes(damaged)
        with pytest.raises(UnreadableImageError, match=r"a.npz: holds no cues that can be read"):
            folder.read("a")
    # Anything that only a pickle can hold is refused, not unpickled.
    np.savez(folder.array("a"), cues=np.array([{}], object))
    with pytest.raises(UnreadableImageError, match="allow_pickle=False"):
        folder.read("a")


def test_evaluation_by_hand():
    attention = np.array([[[1.0, 0.5, 0.3, 0.1]]], np.float32)
    cues = ImageCues(np.zeros((3, 1, 4), bool), [1], attention, None)
    evaluation = CueEvaluation(3, thresholds=[0.2, 0.4])
    labels = np.array([[2, 255, 0, 0]], np.uint8)
    evaluation.judge(cues, labels, np.array([[2, 2, 0, 255]], np.uint8))
    np.testing.assert_array_equal(
        evaluation.written.counts, [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 1, 1]]
    )
    # Above 0.2 are three pixels, one of them background; above 0.4 exactly the object.
    np.testing.assert_array_equal(evaluation.sweep[0].counts, [[0, 0, 1], [0, 0, 0], [0, 0, 2]])
    assert evaluation.at(0).miou == pytest.approx((0 + 2 / 3) / 2, abs=1e-12)
    assert evaluation.best == 1
    figures = evaluation.figures(["background", "a", "b"])
    assert figures["best"]["threshold"] == 0.4
    assert figures["best"]["miou"] == pytest.approx(1, abs=1e-12)
    assert figures["best"]["per_class"]["a"]["iou"] is None
    assert figures["pseudo_labels"]["unknown"] == pytest.approx(1 / 3, abs=1e-12)
    # Background found in full; of the object one of two pixels.
    assert figures["pseudo_labels"]["miou"] == pytest.approx((1 + 1 / 2) / 2, abs=1e-12)
    assert figures["sweep"][0]["precision"] == pytest.approx(2 / 3, abs=1e-12)


class Sides:
    """Attends to the left edge in images of its size, to the right in any other; then nowhere."""

    def explain(self, images, classes):
        maps = np.zeros((*classes.shape, 4, 4), np.float32)
        column = 0 if images.shape[1] == 8 else 3
        maps[:, :, :, column] = 1
        maps[np.asarray(classes) == 9] = 0
        return None, maps


def test_scales_and_mirror_images_are_averaged(rng):
    images = [rng.integers(0, 256, size, np.uint8) for size in ((10, 12, 3), (30, 20, 3))]
    asked = np.array([[0, 9], [1, 2]], np.int32)
    options = {"image_size": (8, 8), "cells": (4, 4)}
    one = averaged_attention(Sides(), images, asked, **options)
    assert one.shape == (2, 2, 4, 4)
    np.testing.assert_array_equal(one[0, 0], [[1, 0, 0, 0]] * 4)
    assert not one[0, 1].any()
    mirrored = averaged_attention(Sides(), images, asked, flip=True, **options)
    np.testing.assert_array_equal(mirrored[0, 0], [[1, 0, 0, 1]] * 4)
    # Left at scale 1, right at 0.5 and at 2: the right has twice the weight.
    several = averaged_attention(Sides(), images, asked, scales=[1, 0.5, 2], **options)
    np.testing.assert_allclose(several[1, 0], [[0.5, 0, 0, 1]] * 4, rtol=0, atol=1e-6)
