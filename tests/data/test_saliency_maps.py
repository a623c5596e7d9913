"""Foreground priors: read, looked up by what made them, carried through the pipeline."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from gain_tf.config import Augmentation, Budget, ConfigError
from gain_tf.data.augment import crop, flip
from gain_tf.data.budget import within_budget
from gain_tf.data.decode import UnreadableImageError
from gain_tf.data.files import DataError
from gain_tf.data.pipeline import evaluation_batches, training_batches
from gain_tf.data.saliency import (
    SavedSaliency,
    check_opencv,
    is_kept,
    keep_map,
    kept_map,
    maps_below,
    opencv_saliency,
    read_map,
    smoothed,
)
from gain_tf.data.schedule import Schedule

RAMP = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)


def test_a_map_is_read_from_png_and_npy(tmp_path):
    Image.fromarray(np.array([[0, 51, 255]], np.uint8)).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_map(tmp_path / "a.png"), [[0, 0.2, 1]], atol=1e-7)
    palette = Image.fromarray(np.array([[2, 0, 1]], np.uint8))
    palette.putpalette(np.repeat([51, 255, 0], 3).tolist())
    palette.save(tmp_path / "a.png")
    np.testing.assert_allclose(read_map(tmp_path / "a.png"), [[0, 0.2, 1]], atol=1e-7)
    np.save(tmp_path / "b.npy", RAMP.astype(np.float64))
    np.testing.assert_array_equal(read_map(tmp_path / "b.npy"), RAMP)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (RAMP[None], r"must be an array of numbers \(height, width\)"),
        (np.array([["a"]]), "must be an array of numbers"),
        (RAMP * 2, r"values must lie in \[0, 1\]"),
        (RAMP * np.nan, r"values must lie in \[0, 1\]"),
        (np.array([[{}]], object), "is no map that can be read"),
    ],
)
def test_what_is_no_map(tmp_path, values, said):
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(UnreadableImageError, match=f"a.npy: {said}"):
        read_map(tmp_path / "a.npy")


def test_a_folder_of_maps(tmp_path):
    (tmp_path / "class").mkdir()
    Image.fromarray(np.full((2, 2), 255, np.uint8)).save(tmp_path / "class/a.jpg.png")
    np.save(tmp_path / "b.npy", RAMP)
    maps = maps_below(tmp_path, ["class/a.jpg", "b", "not wanted"], [0, 1])
    np.testing.assert_array_equal(maps.map(0), np.ones((2, 2)))
    np.testing.assert_array_equal(maps.map(1), RAMP)
    np.testing.assert_array_equal(maps.map(2), [[0]])


def test_every_map_that_is_missing_is_named(tmp_path):
    np.save(tmp_path / "twice.npy", RAMP)
    (tmp_path / "twice.png").touch()
    np.save(tmp_path / "wrong.npy", RAMP - 1)
    with pytest.raises(DataError) as caught:
        maps_below(tmp_path, ["none", "twice", "wrong", "../out", "fine"], [0, 1, 2, 3])
    place = f"data.saliency.folder: {tmp_path}"
    assert caught.value.problems == [
        f"{place}: none.png or none.npy: is not there",
        f"{place}: twice.png or twice.npy: both are there",
        f"{tmp_path / 'wrong.npy'}: values must lie in [0, 1]",
        f"{place}: ../out.png or ../out.npy: is not there",
    ]
    with pytest.raises(DataError, match=r"data.saliency.folder: there is no folder .*nowhere"):
        maps_below(tmp_path / "nowhere", [], [])


def test_smoothing_averages_and_keeps_the_maximum_at_one():
    point = np.zeros((5, 5), np.float32)
    point[2, 2] = 9
    expected = np.zeros((5, 5))
    expected[1:4, 1:4] = 1
    np.testing.assert_allclose(smoothed(point, 3), expected, atol=1e-6)
    np.testing.assert_array_equal(smoothed(point, 0), point / 9)
    np.testing.assert_array_equal(smoothed(np.zeros((4, 4), np.float32), 3), np.zeros((4, 4)))


def test_a_map_is_kept_under_all_that_made_it(tmp_path, rng):
    image = rng.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    path = kept_map(tmp_path, image, {"source": "a", "size": [8, 8]})
    assert path == kept_map(tmp_path, image.copy(), {"size": (8, 8), "source": "a"})
    assert path.is_relative_to(tmp_path)
    others = [
        kept_map(tmp_path, image, {"source": "b", "size": [8, 8]}),
        kept_map(tmp_path, image, {"source": "a", "size": [8, 9]}),
        kept_map(tmp_path, image.reshape(6, 4, 3), {"source": "a", "size": [8, 8]}),
        kept_map(tmp_path, image + 1, {"source": "a", "size": [8, 8]}),
    ]
    assert len({path, *others}) == 5
    assert not is_kept(path)
    keep_map(path, RAMP)
    assert is_kept(path)
    np.testing.assert_allclose(read_map(path), RAMP, rtol=0, atol=0.5 / 255)
    # Half a file is none.
    path.write_bytes(path.read_bytes()[:20])
    assert not is_kept(path)


@pytest.mark.skipif(hasattr(cv2, "saliency"), reason="OpenCV has its contributed modules")
def test_opencv_without_the_module():
    with pytest.raises(ConfigError, match="opencv-contrib-python-headless"):
        check_opencv()


@pytest.mark.skipif(not hasattr(cv2, "saliency"), reason="needs the extra saliency")
@pytest.mark.parametrize("method", ["fine_grained", "spectral_residual"])
def test_opencv_finds_what_stands_out(method):
    check_opencv()
    image = np.full((64, 64, 3), 90, np.uint8)
    image[24:40, 24:40] = [230, 40, 40]
    found = smoothed(opencv_saliency(image, method), 4)
    assert found.shape == (64, 64)
    assert found.max() == 1
    assert found[20:44, 20:44].mean() > 3 * found[:12].mean()


class Given:
    """Maps in memory."""

    def map(self, index):
        return np.full((8, 8), index / 16, np.float32)


@pytest.fixture
def split(make_split):
    return replace(within_budget(make_split([0, 1] * 4), Budget(boxes=4), 1), saliency=Given())


def test_the_pipeline_brings_the_map_of_each_image(split):
    plan = Schedule(8, np.flatnonzero(split.has_boxes), 4, 0.5, 0.0, None, 1)
    lively = Augmentation(crop=0.5, flip_horizontal=True, flip_vertical=True)
    index = plan.epoch(0)["index"].reshape(-1, 4)
    stream = training_batches(split, plan, (16, 12), lively, epochs=1)
    for rows, (example, _) in zip(index, stream.as_numpy_iterator(), strict=True):
        assert example["saliency"].shape == (4, 16, 12)
        expected = np.broadcast_to(rows[:, None, None] / 16, (4, 16, 12))
        np.testing.assert_allclose(example["saliency"], expected, rtol=0, atol=1e-6)
    first, *_ = evaluation_batches(split, (8, 8), 4)
    np.testing.assert_allclose(first[0]["saliency"][:, 3, 3], np.arange(4) / 16, atol=1e-6)


def test_a_split_without_a_prior_brings_none(split):
    bare = replace(split, saliency=None)
    assert all("saliency" not in example for example, _ in evaluation_batches(bare, (8, 8), 4))


def test_an_image_without_a_map_brings_zeros(split):
    bare = replace(split, saliency=SavedSaliency([None] * 8))
    for example, _ in evaluation_batches(bare, (8, 8), 4):
        np.testing.assert_array_equal(example["saliency"], np.zeros((4, 8, 8)))


def test_the_map_moves_with_the_image():
    saliency = np.random.default_rng(0).uniform(size=(8, 8)).astype(np.float32)
    example = {
        "image": np.repeat(saliency[..., None], 3, axis=-1),
        "mask": np.zeros((8, 8), np.uint8),
        "boxes": np.zeros((1, 4), np.float32),
        "box_labels": np.array([-1], np.int32),
        "saliency": saliency,
    }
    for axis in (0, 1):
        mirrored = flip(example, axis)
        np.testing.assert_array_equal(mirrored["saliency"], np.flip(saliency, axis))
    window = np.array([0.25, 0.125, 0.75, 0.625], np.float32)
    cut = crop(example, window)
    np.testing.assert_allclose(cut["saliency"], cut["image"][..., 0], rtol=0, atol=1e-6)
    assert np.abs(cut["saliency"] - saliency).max() > 0.1
