"""Masks and overlays of images without truth; what is done is not done again."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from gain_tf.data.decode import read_image, read_mask
from gain_tf.errors import UserError
from gain_tf.report.explanations import find_images
from gain_tf.report.segmentations import SegmentWriter
from gain_tf.segmentation.inference import InferenceSettings

RED = 1


def by_colour(images):
    red = images[:, ::8, ::8, :1] / 255
    return tf.concat([1 - red, red], axis=-1)


@pytest.fixture
def photographs(tmp_path):
    """Two images that are red on the left, of different sizes, and a broken one."""
    folder = tmp_path / "photographs"
    (folder / "line").mkdir(parents=True)
    for name, size in {"a": (40, 60), "line/b": (30, 20)}.items():
        image = np.zeros((*size, 3), np.uint8)
        image[:, : size[1] // 2, 2] = 255  # OpenCV's red
        cv2.imwrite(str(folder / f"{name}.png"), image)
    (folder / "broken.jpg").write_bytes(b"no image")
    return folder


@pytest.fixture
def make(tmp_path):
    def build(sources=(), **settings):
        settings = InferenceSettings((32, 32), **settings)
        return SegmentWriter(
            by_colour, settings, ["red"], tmp_path / "out", {"model": "run"}, sources or [tmp_path]
        )

    return build


def test_masks_and_overlays_at_the_size_of_the_image(make, photographs, tmp_path):
    writer = make()
    writer.begin()
    found = find_images([photographs], writer.out)
    writer.write(writer.missing(found), total=len(found))
    for name, (height, width) in {"a": (40, 60), "line/b": (30, 20)}.items():
        mask = read_mask(tmp_path / f"out/masks/{name}.png")
        assert mask.shape == (height, width)
        assert mask[:, : width // 4].min() == RED
        assert mask[:, -width // 4 :].max() == 0
        overlay = read_image(tmp_path / f"out/overlays/{name}.png")
        # VOC's first colour is dark red, 55 % of the tint; elsewhere the image is as it was.
        assert overlay.shape == (height, width, 3)
        assert overlay[:, -width // 4 :].max() == 0
    assert [problem.split(":")[0] for problem in writer.problems] == [
        str(photographs / "broken.jpg")
    ]
    assert [each.name for each in writer.missing(found)] == ["broken"]


def test_a_folder_holds_the_masks_of_one_segmenter(make):
    make().begin()
    make().begin()
    with pytest.raises(UserError, match=r"holds masks of another scales, flip \(segment.json\)"):
        make(scales=(0.5, 1.0), flip=True).begin()


def test_a_folder_holds_the_masks_of_one_set_of_images(make, tmp_path):
    monday, tuesday = tmp_path / "monday", tmp_path / "tuesday"
    make([monday, tuesday]).begin()
    make([tuesday, monday / ".." / "monday"]).begin()
    with pytest.raises(UserError, match=r"holds masks of another set of images \(segment.json\)"):
        make([tuesday]).begin()
