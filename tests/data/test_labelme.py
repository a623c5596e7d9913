"""LabelMe JSON: shapes to objects."""

from pathlib import Path

import pytest

from gain_tf.data.labelme import is_labelme, read_labelme
from gain_tf.data.objects import Circle, Polygons

PATH = Path("x.json")


def content(*shapes, **more):
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": [{"label": "cat", "group_id": None, "flags": {}, **shape} for shape in shapes],
        "imagePath": "..\\images\\a.jpg",
        "imageData": None,
        "imageHeight": 10,
        "imageWidth": 12,
        **more,
    }


def test_shapes():
    points = [[1, 1], [5, 1], [5, 4.5]]
    (image,), problems = read_labelme(
        PATH,
        content(
            {"points": points},
            {"points": [[5, 4], [1, 2]], "shape_type": "rectangle"},
            {"points": [[3, 4], [6, 8]], "shape_type": "circle"},
            {"points": [[3, 4]], "shape_type": "point", "label": "dog"},
            {"points": points, "shape_type": "oriented_rectangle", "flags": {"difficult": True}},
            {"points": [[1, 1], [2, 3]], "shape_type": "mask", "flags": {"truncated": True}},
        ),
    )
    assert not problems
    assert (image.name, image.size, image.only) == ("..\\images\\a.jpg", (10, 12), True)
    polygon, rectangle, circle, point, oriented, mask = image.objects
    assert polygon.outline == Polygons(((1, 1, 5, 1, 5, 4.5),))
    assert (rectangle.box, rectangle.outline) == ((2, 1, 4, 5), None)
    assert circle.outline == Circle((3, 4), 5)
    assert (point.category, point.located) == ("dog", False)
    assert (oriented.outline, oriented.difficult) == (polygon.outline, True)
    assert (mask.box, mask.truncated) == ((1, 1, 3, 2), True)
    assert image.labels == ("cat", "dog")


def test_an_old_file_bears_the_name_of_its_image():
    (image,), problems = read_labelme(PATH, {"shapes": []})
    assert not problems
    assert (image.name, image.size) == ("x", None)


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ({"points": [[1, 1], [2, 2]]}, "a polygon has three points or more, not 2"),
        ({"points": [[1, 1]], "shape_type": "circle"}, "a circle has two points, not 1"),
        ({"points": [[1, 1]] * 2, "shape_type": "circle"}, "a circle must have a size"),
        ({"points": [[1, 1], [1, 2]], "shape_type": "rectangle"}, "a rectangle must have a size"),
        ({"points": [[1, 1]] * 3, "shape_type": "star"}, "unknown shape_type 'star'; known are"),
        ({"points": [[1, float("nan")]] * 3}, "points.0.1: must be a finite number, not nan"),
        ({"points": [[1, 2, 3]] * 3}, "points.0: must be a list of at most 2"),
        ({"points": [[1, 2]] * 3, "label": ""}, "label: "),
        ({"points": [[1, 2]] * 3, "label": None}, "label: must be text"),
        ({"label": "cat"}, "key 'points' is missing"),
    ],
)
def test_a_wrong_shape(shape, said):
    good = {"points": [[1, 1], [5, 1], [5, 4]]}
    (image,), problems = read_labelme(PATH, content(good, shape))
    assert len(image.objects) == 1
    assert problems[0].startswith(f"x.json, shape 2: {said}"), problems


def test_a_wrong_file():
    assert read_labelme(PATH, content(shapes=5))[1] == ["x.json: shapes must be a list, not 5"]
    images, problems = read_labelme(PATH, content(imageHeight=-1, imagePath=3))
    assert not images
    assert [text.partition(": must")[0] for text in problems] == [
        "x.json: imagePath",
        "x.json: imageHeight",
    ]


def test_what_is_no_labelme():
    assert is_labelme(content())
    assert not is_labelme({"images": [], "annotations": [], "shapes": []})
    assert not is_labelme([])
