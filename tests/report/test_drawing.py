import numpy as np
import pytest

from gain_tf.report.drawing import (
    TRUTH,
    draw_boxes,
    draw_mask,
    enlarged_to,
    outline,
    overlay,
)


@pytest.fixture
def grey():
    return np.full((40, 60, 3), 100, np.uint8)


def test_overlay_is_a_picture_of_the_image_s_size(grey):
    drawn = overlay(grey, np.eye(5, 7, dtype=np.float32))
    assert drawn.shape == grey.shape
    assert drawn.dtype == np.uint8


def test_overlay_is_brighter_where_attention_is(grey):
    attention = np.zeros((2, 3), np.float32)
    attention[0, 0] = 1
    drawn = overlay(grey, attention).astype(int)
    assert drawn[0, 0].sum() > drawn[-1, -1].sum()


def test_overlay_lightness_grows_with_attention():
    black = np.zeros((1, 256, 3), np.uint8)
    drawn = overlay(black, np.linspace(0, 1, 256, dtype=np.float32)[None], alpha=1.0)
    luma = drawn[0].astype(float) @ [0.299, 0.587, 0.114]
    assert (np.diff(luma) > -1).all()
    assert luma[-1] > 200


def test_overlay_without_alpha_is_the_image(grey):
    np.testing.assert_array_equal(overlay(grey, np.ones((2, 2)), alpha=0.0), grey)


def test_outline_leaves_inside_outside_and_the_original_alone(grey):
    inside = np.zeros((40, 60), bool)
    inside[10:30, 10:40] = True
    drawn = outline(grey, inside)
    assert np.abs(drawn.astype(int) - TRUTH).max(axis=2).min() < 40
    np.testing.assert_array_equal(drawn[18:22, 20:30], 100)
    np.testing.assert_array_equal(drawn[:5], 100)
    assert (grey == 100).all()


def test_outline_follows_a_mask_of_another_size(grey):
    inside = np.zeros((20, 30), bool)
    inside[5:15, 5:20] = True
    drawn = outline(grey, inside)
    changed = np.argwhere((drawn != 100).any(axis=2))
    assert abs(changed.min(axis=0) - [10, 10]).max() <= 3
    assert abs(changed.max(axis=0) - [29, 39]).max() <= 3


def test_boxes_are_drawn_where_they_are(grey):
    drawn = draw_boxes(grey, np.array([[0.25, 0.5, 0.75, 1.0]]), np.array([0]))
    changed = np.argwhere((drawn != 100).any(axis=2))
    assert abs(changed.min(axis=0) - [10, 30]).max() <= 2
    assert abs(changed.max(axis=0) - [30, 59]).max() <= 2


def test_a_name_is_written_at_a_box_even_at_the_edge():
    image = np.full((300, 300, 3), 100, np.uint8)
    boxes, labels = np.array([[0.0, 0.9, 0.5, 1.0]]), np.array([1])
    plain = draw_boxes(image, boxes, labels)
    named = draw_boxes(image, boxes, labels, ["ring", "washer"])
    assert (plain != named).any()
    remarked = draw_boxes(image, boxes, labels, remarks=["difficult"])
    assert (plain != remarked).any()
    np.testing.assert_array_equal(draw_boxes(image, boxes, labels, remarks=[""]), plain)


def test_no_boxes_draw_nothing(grey):
    np.testing.assert_array_equal(draw_boxes(grey, np.zeros((0, 4)), np.zeros(0, int)), grey)


def test_unknown_pixels_are_darkened_and_classes_outlined(grey):
    mask = np.zeros((40, 60), np.uint8)
    mask[:, :10] = 255
    mask[15:25, 30:50] = 2
    drawn = draw_mask(grey, mask)
    np.testing.assert_array_equal(drawn[:, :8], 50)
    assert (drawn[12:28, 27:53] != 100).any()


@pytest.mark.parametrize("shape", [(40, 60, 3), (600, 400, 3)])
def test_enlarging_keeps_proportions(shape):
    drawn = enlarged_to(np.zeros(shape, np.uint8), 120)
    assert max(drawn.shape) == 120
    assert drawn.shape[0] / drawn.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.02)
