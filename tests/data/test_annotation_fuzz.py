"""Whatever an annotation file holds, it is read or its problems are told."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gain_tf.data.files import DataError

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)

WORDS = st.sampled_from(
    ["cat", "dog", "a/0.jpg", "../x.jpg", "", "\0", "é", "\ud800", "a\nb", "circle"]
)
NUMBERS = st.one_of(
    st.integers(-3, 20), st.floats(), st.sampled_from([10**400, -(2**70), 1e308, 10**12])
)
KEYS = st.sampled_from(
    [
        *("id", "image_id", "category_id", "file_name", "name", "width", "height", "bbox"),
        *("segmentation", "size", "counts", "iscrowd", "images", "annotations", "categories"),
        *("shapes", "label", "points", "shape_type", "flags", "imagePath", "imageHeight"),
        *("a\nb", "\ud800", "\x1b[31m"),
    ]
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), WORDS, NUMBERS),
    lambda inner: st.one_of(st.lists(inner, max_size=6), st.dictionaries(KEYS, inner, max_size=6)),
    max_leaves=12,
)


@pytest.fixture
def loaded(album):
    """Load the album with a file in it: a data set, or sentences."""
    album.classes("cat", "dog", count=2)

    def load(name, content):
        album.write(name, content)
        problems = [""]
        try:
            data = album.load(validation=0.5)
        except DataError as error:
            problems = error.problems
        else:
            for split in data.splits.values():
                for index in range(len(split)):
                    assert split.pictures.mask(index).shape == (10, 12)
                    assert ((split.boxes[index] >= 0) & (split.boxes[index] <= 1)).all()
        assert problems
        # What is said can be printed, a line each.
        assert all("\n" not in text and text.encode() is not None for text in problems)

    return load


def damaged(good, places, values):
    """Put a value anywhere into a file that was right."""
    content = json.loads(json.dumps(good))
    for place, value in zip(places, values, strict=False):
        node, way = content, place
        while node:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key, way = keys[way % len(keys)], way // len(keys)
            if not way or not isinstance(node[key], dict | list):
                node[key] = value
                break
            node = node[key]
    return json.dumps(content)


GOOD_COCO = {
    "images": [{"id": 1, "file_name": "cat/0.jpg", "width": 12, "height": 10}],
    "categories": [{"id": 1, "name": "cat"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4], "segmentation": []},
        {"id": 2, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 5, 1, 5, 5]]},
        {
            "id": 3,
            "image_id": 1,
            "category_id": 1,
            "segmentation": {"size": [10, 12], "counts": [20, 100]},
            "iscrowd": 1,
        },
    ],
}
GOOD_LABELME = {
    "shapes": [
        {"label": "cat", "points": [[1, 1], [5, 1], [5, 5]], "shape_type": "polygon"},
        {"label": "cat", "points": [[1, 1], [5, 3]], "shape_type": "circle", "flags": {}},
        {"label": "cat", "points": [[1, 1], [5, 3]], "shape_type": "rectangle"},
    ],
    "imagePath": "cat/0.jpg",
    "imageHeight": 10,
    "imageWidth": 12,
}


@QUICK
@given(st.lists(st.integers(0, 10**6), max_size=3), st.lists(VALUES, min_size=3, max_size=3))
def test_damaged_coco(loaded, places, values):
    loaded("x.json", damaged(GOOD_COCO, places, values))


@QUICK
@given(st.lists(st.integers(0, 10**6), max_size=3), st.lists(VALUES, min_size=3, max_size=3))
def test_damaged_labelme(loaded, places, values):
    loaded("x.json", damaged(GOOD_LABELME, places, values))


@QUICK
@given(VALUES)
@example({"images": [], "annotations": []})
def test_any_json(loaded, value):
    loaded("x.json", json.dumps(value))


@QUICK
@given(st.binary(max_size=60))
@example(b"\xef\xbb\xbf{}")
def test_any_bytes(loaded, data):
    loaded("x.json", data)
    loaded("x.xml", data)


@QUICK
@given(st.sampled_from(["name", "xmin", "difficult", "width", "filename"]), st.text(max_size=12))
@example("xmin", "1e999")
@example("width", "9" * 5000)
@example("filename", "../cat/0.jpg")
def test_damaged_voc(loaded, tag, text):
    values = {"name": "cat", "xmin": "1", "difficult": "0", "width": "12", "filename": "cat/0.jpg"}
    values[tag] = text
    loaded(
        "x.xml",
        "<annotation><filename>{filename}</filename><size><width>{width}</width>"
        "<height>10</height></size><object><name>{name}</name><difficult>{difficult}</difficult>"
        "<bndbox><xmin>{xmin}</xmin><ymin>1</ymin><xmax>6</xmax><ymax>7</ymax></bndbox></object>"
        "</annotation>".format(**values).encode("utf-8", "surrogatepass"),
    )
