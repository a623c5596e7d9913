"""Objects to masks and boxes, worked by hand."""

import numpy as np
import pytest

from gain_tf.data.objects import AnnotatedObject, Circle, Polygons, RunLengths
from gain_tf.data.rasterise import box_of, boxes_of, mask_of, regions_of, rest_unknown

NAMES = ["a", "b"]
SIZE = 6, 8


def square(x0, y0, x1, y1):
    return Polygons(((x0, y0, x1, y0, x1, y1, x0, y1),))


def drawn(*objects):
    return mask_of(regions_of(objects, SIZE, NAMES), SIZE).tolist()


def thing(category="a", outline=None, **more):
    return AnnotatedObject("here", category, outline, **more)


def test_a_polygon_covers_its_pixels():
    expected = np.zeros(SIZE, int)
    expected[1:4, 2:7] = 2
    assert drawn(thing("b", square(2, 1, 7, 4))) == expected.tolist()


def test_the_smaller_lies_over_the_larger_in_any_order():
    large, small = thing("a", square(0, 0, 8, 6)), thing("b", square(3, 2, 5, 4))
    expected = np.ones(SIZE, int)
    expected[2:4, 3:5] = 2
    assert drawn(large, small) == drawn(small, large) == expected.tolist()


def test_crowds_and_boxes_without_outline_are_unknown():
    mask = drawn(
        thing("a", square(0, 0, 2, 2)),
        thing("a", square(4, 0, 6, 1), crowd=True),
        thing("b", box=(4, 5, 6, 8)),
        thing("b"),
    )
    expected = np.zeros(SIZE, int)
    expected[:2, :2] = 1
    expected[0, 4:6] = 255
    expected[4:, 5:] = 255
    assert mask == expected.tolist()


def test_run_lengths_go_down_the_columns():
    runs = RunLengths(SIZE, (7, 2, 39))
    expected = np.zeros(SIZE, int)
    expected[1:3, 1] = 1
    assert drawn(thing("a", runs)) == expected.tolist()
    assert box_of(thing("a", runs)) == (1, 1, 3, 2)
    assert box_of(thing("a", RunLengths(SIZE, (48,)))) is None


def test_a_circle_has_the_area_of_one():
    mask = mask_of(regions_of([thing("a", Circle((50, 50), 30))], (100, 100), NAMES), (100, 100))
    assert (mask == 1).sum() == pytest.approx(np.pi * 900, rel=0.01)
    assert box_of(thing("a", Circle((50, 50), 30))) == pytest.approx((20, 20, 80, 80), abs=0.1)


def test_boxes_are_shares_of_the_image():
    objects = [thing("b", square(2, 1, 7, 4)), thing("a", box=(-0.5, 0, 6.5, 8))]
    boxes, labels = boxes_of(objects, SIZE, NAMES)
    np.testing.assert_allclose(boxes, [[1 / 6, 0.25, 4 / 6, 0.875], [0, 0, 1, 1]], atol=1e-7)
    np.testing.assert_array_equal(labels, [1, 0])
    assert (boxes.dtype, labels.dtype) == (np.float32, np.int32)


def test_the_rest_is_background_only_where_every_class_is_located():
    mask = np.array([[0, 1, 255]], np.uint8)
    assert rest_unknown(mask, ["a", "b"], {"a", "b"}).tolist() == [[0, 1, 255]]
    assert rest_unknown(mask, ["a", "b"], {"a"}).tolist() == [[255, 1, 255]]
    assert rest_unknown(mask, [], set()).tolist() == [[0, 1, 255]]
