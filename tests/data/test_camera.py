"""The rendered camera: half a turn apart, and nothing but a gap and markers to tell."""

import numpy as np
import pytest

from gain_tf.config import Budget, parse_config
from gain_tf.data.budget import within_budget
from gain_tf.data.files import DataError
from gain_tf.data.registry import load_data
from gain_tf.data.synthetic.camera import CameraScene, plan_camera

SIZES = {"train": 8, "validation": 2, "test": 4, "test_2": 6}
SIDE = 96


def load(image_size=(SIDE, SIDE), **settings):
    data = {"name": "camera", "image_size": image_size, "camera": {**SIZES, **settings}}
    return load_data(parse_config({"name": "x", "data": data}).data)


@pytest.fixture(scope="module")
def camera():
    return load()


def test_the_splits(camera):
    assert {name: len(split) for name, split in camera.splits.items()} == {**SIZES, "unbiased": 4}
    assert camera.evaluated == "test"
    for split in camera.splits.values():
        np.testing.assert_array_equal(split.labels.sum(axis=0), [len(split) / 2] * 2)
    ids = [name for split in camera.splits.values() for name in split.ids]
    assert len(set(ids)) == len(ids)


def test_sizes_of_the_paper():
    settings = parse_config({"name": "x"}).data.camera
    assert (settings.train, settings.test, settings.test_2) == (350 + 350, 100, 100)


def test_boxes_of_twenty_a_class():
    split = load(train=48).splits["train"]
    kept = within_budget(split, Budget(boxes=40), seed=1)
    np.testing.assert_array_equal(kept.labels[kept.has_boxes].sum(axis=0), [20, 20])


def test_two_boxes_hold_the_mask_tightly(camera):
    for split in camera.splits.values():
        assert split.has_mask.all()
        for index in range(len(split)):
            mask, boxes = split.pictures.mask(index).copy(), split.boxes[index]
            label = int(split.labels[index].argmax())
            assert set(np.unique(mask)) == {0, label + 1}
            assert split.box_labels[index].tolist() == [label, label]
            pixels = np.rint(boxes * SIDE).astype(int)
            np.testing.assert_allclose(pixels / SIDE, boxes, rtol=0, atol=1e-6)
            for y0, x0, y1, x1 in pixels:
                piece = mask[y0:y1, x0:x1]
                assert all(e.any() for e in (piece[0], piece[-1], piece[:, 0], piece[:, -1]))
                mask[y0:y1, x0:x1] = 0
            assert not mask.any()


def test_the_gap_lies_where_the_class_says(camera):
    for split in camera.splits.values():
        for boxes, labels in zip(split.boxes, split.labels, strict=True):
            gap, markers = boxes
            assert (gap[0] < markers[0]) == (labels.argmax() == 0)


def test_the_gap_is_darker_than_what_lies_around_it(camera):
    split = camera.splits["test_2"]
    for index in range(len(split)):
        grey = split.pictures.image(index).mean(axis=-1)
        y0, x0, y1, x1 = (split.boxes[index][0] * SIDE).astype(int)
        assert grey[(y0 + y1) // 2, (x0 + x1) // 2] < np.median(grey[y0 - 3 : y1 + 3, x0:x1])


def test_half_a_turn_changes_the_critical_areas_and_little_else():
    first, second = (
        CameraScene(1, orientation, "office", 3, 5).render(128) for orientation in (0, 1)
    )
    critical = (first.mask > 0) | (second.mask > 0)
    change = np.abs(first.image.astype(int) - second.image).max(axis=-1)
    assert np.median(change[critical]) > 3 * np.median(change[~critical])
    assert critical.mean() < 0.05


def test_the_same_seed_renders_the_same(camera):
    again, other = load(), load(seed=1)
    for name, split in camera.splits.items():
        images = split.pictures.images
        np.testing.assert_array_equal(images, again.splits[name].pictures.images)
        assert (images != other.splits[name].pictures.images).mean() > 0.5


@pytest.mark.parametrize(("bias", "own"), [(1.0, 1.0), (0.6, 0.68), (0.0, 0.2)])
def test_bias_is_how_often_the_bench_is_the_own(bias, own):
    scenes = plan_camera(4000, domain="office", bias=bias, seed=3)
    share = np.mean([scene.bench == scene.orientation for scene in scenes])
    # The rest is any of five benches; four standard deviations of at most 0.0074.
    assert share == pytest.approx(own, abs=0.03 if bias < 1 else 0.0)


def test_the_machine_has_no_bench():
    assert all(s.bench is None for s in plan_camera(8, domain="machine", bias=1.0, seed=3))


def test_a_shorter_split_is_a_prefix():
    long, short = (plan_camera(n, domain="office", bias=0.5, seed=3) for n in (9, 4))
    assert long[:4] == short


def test_images_are_square():
    with pytest.raises(DataError, match=r"data.image_size: camera images are square, not 64 x 96"):
        load(image_size=(64, 96))
