"""COCO JSON, entry by entry."""

from pathlib import Path

import pytest

from gain_tf.data.coco import is_coco, read_coco
from gain_tf.data.objects import Polygons, RunLengths

PATH = Path("x.json")


def content(*annotations, **more):
    return {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 12, "height": 10}],
        "categories": [{"id": 0, "name": "cat"}, {"id": 7, "name": " dog "}],
        "annotations": [
            {"id": number, "image_id": 1, "category_id": 0, **annotation}
            for number, annotation in enumerate(annotations, 1)
        ],
        **more,
    }


def objects(*annotations):
    ((image,), problems) = read_coco(PATH, content(*annotations))
    assert not problems
    assert (image.name, image.size) == ("a.jpg", (10, 12))
    return image.objects


def problems(found):
    return [text.removeprefix("x.json, ") for text in read_coco(PATH, found)[1]]


def test_what_an_object_may_be():
    polygon = [[1, 1, 5, 1, 5, 4], [6.5, 6, 8, 6, 8, 8]]
    first, second, third, fourth, fifth = objects(
        {"bbox": [1, 2, 3, 4], "segmentation": []},
        {"segmentation": polygon, "category_id": 7},
        {"segmentation": {"size": [10, 12], "counts": [100, 20]}, "iscrowd": 1, "bbox": []},
        {"segmentation": {"size": [10, 12], "counts": "P13700000`1"}},
        {"segmentation": None},
    )
    assert (first.category, first.box, first.outline) == ("cat", (2, 1, 6, 4), None)
    assert second.category == "dog"
    assert second.outline == Polygons(tuple(tuple(map(float, ring)) for ring in polygon))
    assert third.crowd
    assert third.outline == RunLengths((10, 12), (100, 20))
    assert fourth.outline.counts == (32, 3, 7, 3, 7, 3, 7, 3, 55)
    assert not fourth.crowd
    assert not fifth.located


def test_an_image_without_objects_is_an_image():
    (image,), _ = read_coco(PATH, content())
    assert image.objects == image.labels == ()


def test_ids_may_be_text_and_sizes_missing():
    found = {
        "images": [{"id": "i", "file_name": "a.jpg", "width": None, "height": 0}],
        "categories": [{"id": "c", "name": "cat"}],
        "annotations": [{"image_id": "i", "category_id": "c", "bbox": [0, 0, 1, 1]}],
    }
    (image,), said = read_coco(PATH, found)
    assert not said
    assert image.size is None
    assert image.labels == ("cat",)


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        ({"bbox": [1, 2, -3, 4]}, "bbox: width and height must be greater than 0"),
        ({"bbox": [1, 2, 3, 0]}, "bbox: width and height must be greater than 0"),
        ({"bbox": [1, 2, 3]}, "bbox: must be x, y, width, height"),
        ({"bbox": [1, 2, float("nan"), 4]}, "bbox.2: must be a finite number, not nan"),
        ({"bbox": [1, float("inf"), 3, 4]}, "bbox.1: must be a finite number, not inf"),
        ({"bbox": "all"}, "bbox: must be a list"),
        ({"segmentation": [[1, 1, 2, 2]]}, "segmentation: each polygon must be"),
        ({"segmentation": [[1, 1, 2, 2, 3, 3, 4]]}, "segmentation: each polygon must be"),
        ({"segmentation": [[1, 1, 2, 2, 3, "x"]]}, "segmentation: must be a number, not 'x'"),
        ({"segmentation": {"size": [2, 2], "counts": [3]}}, "segmentation: the runs make up 3"),
        ({"segmentation": {"size": [2, 2]}}, "segmentation: a mask must have size and counts"),
        ({"category_id": 3}, "unknown category with the id 3"),
        ({"category_id": None}, "category_id: must be"),
        ({"image_id": 3}, "there is no image with the id 3"),
        ({"iscrowd": 2}, "iscrowd: must be true or false"),
    ],
)
def test_a_wrong_object(annotation, said):
    (problem,) = problems(content(annotation))
    assert problem.startswith(f"annotation 1: {said}"), problem


def test_ids_that_occur_twice():
    found = content({"bbox": [0, 0, 1, 1]}, {"bbox": [0, 0, 1, 1], "id": 1})
    for key in ("images", "categories"):
        found[key] *= 2
    said = problems(found)
    assert [text.removeprefix("x.json: ") for text in said] == [
        "2 images have the id 1",
        "2 categories have the id 0",
        "2 categories have the id 7",
        "2 annotations have the id 1",
    ]


def test_every_problem_at_once():
    found = content({"bbox": [0, 0, 1, -1]}, {"category_id": 9})
    found["images"] += [{"id": 2}, 5]
    found["annotations"] += [{"image_id": 2, "category_id": 0, "id": 8}, None]
    assert problems(found) == [
        "image 2: key 'file_name' is missing",
        "image number 2: must hold keys and values, not 5",
        "annotation 1: bbox: width and height must be greater than 0, not [0, 0, 1, -1]",
        "annotation 2: unknown category with the id 9",
        "annotation number 3: must hold keys and values, not None",
    ]


def test_lists_that_are_none():
    assert problems({"images": 3, "annotations": []}) == ["x.json: images must be a list, not 3"]


@pytest.mark.parametrize("other", [[], {}, {"images": []}, {"shapes": [], "imagePath": "a"}, "x"])
def test_what_is_no_coco(other):
    assert not is_coco(other)
