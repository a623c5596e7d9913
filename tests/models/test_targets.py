"""What masks and boxes ask of each pair's map."""

import numpy as np
import pytest
import reference
import tensorflow as tf

from gain_tf.attention import pairs_of
from gain_tf.models.targets import box_target, mask_target

LABELS = tf.constant([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
PAIRS = pairs_of(LABELS)  # (0, 0), (0, 1), (1, 1)


def masks():
    mask = np.zeros((2, 4, 4), np.uint8)
    mask[0, :2, :3] = 1
    mask[0, 3, 3] = 3  # a class without a label
    mask[1, 2:, :2] = 2
    mask[1, 2, 0] = 255
    mask[1, :2, 2:] = 255
    return mask


def test_masks_by_hand():
    target = mask_target({"mask": tf.constant(masks())}, PAIRS, (2, 2))
    np.testing.assert_allclose(target.value[0], [[1.0, 0.5], [0.0, 0.0]], rtol=0, atol=1e-6)
    # of the lower left cell three pixels are known, all of them the object
    np.testing.assert_allclose(target.value[2], [[0.0, 0.0], [1.0, 0.0]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(target.known[2], [[1.0, 0.0], [0.75, 1.0]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(target.known[:2], np.ones((2, 2, 2)), rtol=0, atol=1e-6)
    # the mask of image 0 shows nothing of class 1
    np.testing.assert_array_equal(target.carried, [1, 0, 1])


def test_empty_and_unknown_masks_carry_no_target():
    mask = np.stack([np.zeros((4, 4)), np.full((4, 4), 255)]).astype(np.uint8)
    target = mask_target({"mask": tf.constant(mask)}, PAIRS, (2, 2))
    np.testing.assert_array_equal(target.carried, [0, 0, 0])
    assert np.isfinite(target.value).all()
    np.testing.assert_array_equal(target.value, np.zeros((3, 2, 2)))


def test_a_mask_of_one_class_alone_guides_that_class_on_its_own_pixels():
    mask = np.full((2, 4, 4), 255, np.uint8)
    mask[0, :2, :2] = 1
    target = mask_target({"mask": tf.constant(mask)}, PAIRS, (2, 2))
    np.testing.assert_array_equal(target.carried, [1, 0, 0])
    np.testing.assert_array_equal(target.known[0], [[1, 0], [0, 0]])
    np.testing.assert_array_equal(target.value[0], [[1, 0], [0, 0]])


@pytest.mark.parametrize("flag", [[1, 0], [True, False], [[1], [0]]])
def test_the_flag_hides_a_mask(flag):
    example = {"mask": tf.constant(masks()), "has_mask": tf.constant(flag)}
    np.testing.assert_array_equal(mask_target(example, PAIRS, (2, 2)).carried, [1, 0, 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32])
def test_any_integer_type_of_mask(dtype):
    target = mask_target({"mask": tf.constant(masks().astype(dtype))}, PAIRS, (2, 2))
    np.testing.assert_array_equal(target.carried, [1, 0, 1])


def example_boxes():
    boxes = np.zeros((2, 2, 4), np.float32)
    boxes[0] = [[0.0, 0.0, 0.5, 0.75], [0.5, 0.5, 1.0, 1.0]]
    boxes[1, 0] = [0.25, 0.25, 0.75, 0.75]
    labels = np.array([[0, 2], [1, -1]], np.int32)
    return {"boxes": tf.constant(boxes), "box_labels": tf.constant(labels)}


def test_boxes_by_hand():
    target = box_target(example_boxes(), PAIRS, (2, 2))
    np.testing.assert_allclose(target.value[0], [[1.0, 0.5], [0.0, 0.0]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(target.value[2], np.full((2, 2), 0.25), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(target.value[1], np.zeros((2, 2)))
    np.testing.assert_array_equal(target.carried, [1, 0, 1])
    np.testing.assert_array_equal(target.known, np.ones((3, 2, 2)))


@pytest.mark.parametrize("flag", [[0, 1], [[False], [True]]])
def test_the_flag_hides_boxes(flag):
    example = {**example_boxes(), "has_boxes": tf.constant(flag)}
    np.testing.assert_array_equal(box_target(example, PAIRS, (2, 2)).carried, [0, 0, 1])


def test_targets_of_a_mixed_batch_agree_with_the_reference(batch):
    example, labels = batch
    pairs = pairs_of(tf.constant(labels))
    tensors = {key: tf.constant(value) for key, value in example.items()}
    mask, box = mask_target(tensors, pairs, (3, 5)), box_target(tensors, pairs, (3, 5))
    for row, (i, c) in enumerate(zip(pairs.image.numpy(), pairs.category.numpy(), strict=True)):
        pixels = example["mask"][i]
        known = reference.area_average((pixels != 255).astype(float), 3, 5)
        inside = reference.area_average((pixels == c + 1).astype(float), 3, 5)
        value = np.divide(inside, known, out=np.zeros_like(known), where=known > 0)
        np.testing.assert_allclose(mask.known[row], known, rtol=0, atol=1e-6)
        np.testing.assert_allclose(mask.value[row], value, rtol=0, atol=1e-5)
        assert mask.carried[row] == (example["has_mask"][i] and (pixels == c + 1).any())
        own = example["boxes"][i][example["box_labels"][i] == c]
        np.testing.assert_allclose(box.value[row], reference.drawn(own, 3, 5), rtol=0, atol=1e-6)
        assert box.carried[row] == (example["has_boxes"][i] and len(own) > 0)
