"""Cues of some images of a split: what they need, and what becomes of unreadable images."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from gain_tf.config import Cues
from gain_tf.data.dataset import ArrayPictures, DataSet, Split
from gain_tf.data.decode import UnreadableImageError
from gain_tf.data.files import DataError
from gain_tf.segmentation.cue_files import CueFolder
from gain_tf.segmentation.make_cues import CueMaker

SIDE = 8
IDS = ["one", "two", "three"]


@dataclass(frozen=True)
class Broken(ArrayPictures):
    """Pictures of which the second cannot be read."""

    def image(self, index):
        if index == 1:
            raise UnreadableImageError("two.jpg: cannot be read")
        return super().image(index)


@pytest.fixture
def data(rng):
    images = rng.integers(0, 255, (3, SIDE, SIDE, 3), dtype=np.uint8)
    split = Split(
        ids=IDS,
        labels=np.eye(3, dtype=np.float32),
        pictures=ArrayPictures(images, np.full((3, SIDE, SIDE), 255, np.uint8)),
        mask_shows=np.zeros((3, 3), bool),
        boxes=[np.zeros((0, 4), np.float32)] * 3,
        box_labels=[np.zeros(0, np.int32)] * 3,
    )
    return DataSet("d", ["a", "b", "c"], {"train": split}, single_label=True)


@pytest.fixture
def maker(make_gain, data):
    def make(**background):
        settings = Cues.model_validate({"cells": [4, 4], "background": background})
        return CueMaker(make_gain(), data, data.splits["train"], settings, (SIDE, SIDE))

    return make


def test_saliency_maps_are_needed_of_the_images_asked_about_alone(maker, tmp_path):
    maps, made = tmp_path / "maps", CueFolder(tmp_path / "cues")
    maps.mkdir()
    np.save(maps / "one.npy", np.zeros((4, 4), np.float32))
    cues = maker(source="folder", folder=maps)
    assert cues.make([0], made, 2) == {}
    with pytest.raises(DataError) as caught:
        cues.make([0, 1, 2], made, 2)
    assert [name for name in IDS if f"{name}.npy" in str(caught.value)] == ["two", "three"]
    assert [made.has(name) for name in IDS] == [True, False, False]


def test_with_nothing_to_make_no_map_is_missed(maker, tmp_path):
    cues = maker(source="folder", folder=tmp_path / "moved away")
    assert cues.make([], CueFolder(tmp_path / "cues"), 2) == {}


def test_an_image_that_cannot_be_read_is_told_by_its_id(maker, data, tmp_path):
    cues, made = maker(source="gradient"), CueFolder(tmp_path)
    pictures = data.splits["train"].pictures
    cues.split = replace(cues.split, pictures=Broken(pictures.images, pictures.masks))
    assert cues.make([0, 1, 2], made, 2) == {"two": "two.jpg: cannot be read"}
    assert [made.has(name) for name in IDS] == [True, False, True]
