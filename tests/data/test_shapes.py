"""The rendered blocks: several an image, some over others, tables that go with them."""

import cv2
import numpy as np
import pytest

from gain_tf.config import parse_config
from gain_tf.data.dataset import UNKNOWN
from gain_tf.data.registry import load_data
from gain_tf.data.synthetic.block_outlines import OUTLINES
from gain_tf.data.synthetic.shapes import TABLES, ShapesScene, plan_shapes

SIZES = {"train": 24, "validation": 20, "test": 20}


def load(image_size=(48, 64), **settings):
    data = {"name": "shapes", "image_size": image_size, "shapes": {**SIZES, **settings}}
    return load_data(parse_config({"name": "x", "data": data}).data)


@pytest.fixture(scope="module")
def shapes():
    return load()


@pytest.fixture(scope="module")
def voc_format():
    return load(voc_format=True)


def test_the_splits(shapes):
    assert {name: len(s) for name, s in shapes.splits.items()} == {**SIZES, "unbiased": 20}
    assert len(shapes.class_names) == 6
    assert not shapes.single_label
    for split in shapes.splits.values():
        assert split.pictures.image(0).shape == (48, 64, 3)
        assert 1 <= split.labels.sum(axis=1).min() <= split.labels.sum(axis=1).max() <= 4
        assert max(map(len, split.boxes)) > 1


@pytest.mark.parametrize("kind", ["shapes", "voc_format"])
def test_boxes_labels_and_mask_agree(kind, request):
    split = request.getfixturevalue(kind).splits["train"]
    for index in range(len(split)):
        mask, labels = split.pictures.mask(index), split.labels[index]
        assert set(np.flatnonzero(labels)) == set(split.box_labels[index].tolist())
        shown = set(np.unique(mask).tolist()) - {0, UNKNOWN}
        assert shown <= {int(label) + 1 for label in split.box_labels[index]}
        assert set(np.flatnonzero(split.mask_shows[index]) + 1) == shown
        boxes = split.boxes[index] * [48, 64, 48, 64]
        np.testing.assert_allclose(boxes, np.rint(boxes), rtol=0, atol=1e-4)
        left = mask.copy()
        corners = boxes.round().astype(int)
        for (y0, x0, y1, x1), label in zip(corners, split.box_labels[index], strict=True):
            assert (mask[y0:y1, x0:x1] == label + 1).any()
            inside = left[y0:y1, x0:x1]
            inside[inside == label + 1] = 0
        # Every pixel of a class lies in a box of that class.
        assert set(np.unique(left).tolist()) <= {0, UNKNOWN}


def test_a_class_has_the_outline_of_its_block():
    """A bar alone covers as much of its smallest rectangle as its outline says, a star less."""
    fills = {}
    for number, name in enumerate(OUTLINES):
        if name in ("bar", "star", "ring", "disc"):
            mask = ShapesScene(4, (number,), 0, 9).render(128).mask
            contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
            (_, (wide, high), _) = cv2.minAreaRect(max(contours, key=len))
            fills[name] = (mask == number + 1).sum() / (wide * high)
    assert fills["bar"] > 0.85
    assert fills["star"] < 0.65
    # pi / 4 for a disc, and what a hole of half its width leaves.
    assert fills["disc"] > max(0.74, fills["ring"] + 0.1)


def test_a_later_block_lies_over_an_earlier():
    scenes = plan_shapes(40, classes=6, bias=0.5, seed=2)
    covered = 0
    for scene in [s for s in scenes if len(set(s.blocks)) == 2 == len(s.blocks)][:8]:
        both = scene.render(64).mask
        under = ShapesScene(scene.index, scene.blocks[:1], scene.table, scene.seed).render(64).mask
        lost = (under > 0) & (both != under)
        assert set(np.unique(both[lost])) <= {scene.blocks[1] + 1}
        assert (both == scene.blocks[0] + 1).sum() >= 0.2 * (under > 0).sum()
        covered += lost.any()
    assert covered >= 2


def test_voc_format(voc_format):
    assert len(voc_format.class_names) == 20
    split = voc_format.splits["train"]
    for index in range(len(split)):
        mask = split.pictures.mask(index)
        # Wherever two values meet, the border lies between them.
        for first, second in ((mask[1:], mask[:-1]), (mask[:, 1:], mask[:, :-1])):
            differ = first != second
            assert ((first == UNKNOWN) | (second == UNKNOWN))[differ].all()
        assert 0 < (mask == UNKNOWN).mean() < 0.35


@pytest.mark.parametrize(("bias", "own"), [(1.0, 1.0), (0.0, 1 / 6)])
def test_bias_is_how_often_the_table_is_the_own_of_a_block(bias, own):
    scenes = plan_shapes(3000, classes=6, bias=bias, seed=3)
    single = [scene for scene in scenes if len(scene.blocks) == 1]
    assert np.mean([s.table == s.blocks[0] for s in single]) == pytest.approx(own, abs=0.06)
    assert len(TABLES) == 6
    counts = np.bincount([len(scene.blocks) for scene in scenes], minlength=5)[1:]
    # A quarter each; four standard deviations of 24.
    np.testing.assert_allclose(counts, 750, atol=95)


def test_tables_and_blocks_correlate_in_the_images_as_labelled():
    scenes = plan_shapes(600, classes=6, bias=1.0, seed=3)
    assert all(scene.table in scene.blocks for scene in scenes)


def test_the_same_seed_renders_the_same(shapes):
    again, other = load(), load(seed=1)
    images = shapes.splits["train"].pictures.images
    np.testing.assert_array_equal(images, again.splits["train"].pictures.images)
    assert (images != other.splits["train"].pictures.images).mean() > 0.5


def test_a_shorter_split_is_a_prefix():
    long, short = (plan_shapes(n, classes=20, bias=0.5, seed=3) for n in (30, 7))
    assert long[:7] == short
