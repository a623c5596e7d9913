"""Real photographs with COCO's own annotation: what pycocotools draws is what is loaded."""

from pathlib import Path

import numpy as np
import pytest
from pycocotools.coco import COCO

from gain_tf.config import parse_config
from gain_tf.data.registry import load_data

ROOT = Path(__file__).parents[3] / "shared" / "data" / "coco128"
FILE = ROOT / "annotations" / "instances_train2017.json"

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the photographs are not here")


@pytest.fixture(scope="module")
def data():
    return load_data(
        parse_config({"name": "x", "data": {"name": "folder", "root": str(ROOT)}}).data
    )


@pytest.fixture(scope="module")
def coco():
    return COCO(FILE)


def test_every_image_and_object_is_there(data):
    assert sum(map(len, data.splits.values())) == 128
    assert len(data.class_names) == 71
    boxes = [own for split in data.splits.values() for own in split.boxes]
    assert sum(map(len, boxes)) == 939
    assert data.about["annotation"].startswith("939 objects (939 outlined, 10 crowds) in 1 file")


def test_pixels_of_one_object_alone_are_pycocotools_s(data, coco):
    """Where objects overlap one hides the other; a pixel of one object has only one answer."""
    split = data.splits["validation"]
    seen = set()
    for index, name in enumerate(split.ids):
        found = coco.loadAnns(coco.getAnnIds(int(Path(name).name)))
        if not found:
            continue
        drawn = np.stack([coco.annToMask(each) for each in found])
        values = [
            255
            if each["iscrowd"]
            else data.class_names.index(coco.cats[each["category_id"]]["name"]) + 1
            for each in found
        ]
        expected = (drawn * np.array(values)[:, None, None]).sum(axis=0)
        single = drawn.sum(axis=0) <= 1
        np.testing.assert_array_equal(split.pictures.mask(index)[single], expected[single])
        assert single.mean() > 0.3
        seen |= set(values)
    assert len(seen) > 20
