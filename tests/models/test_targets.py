"""What masks and boxes ask of each pair's map."""

import numpy as np
import pytest
import reference
import tensorflow as tf

from gain_tf.attention import pairs_of
from gain_tf.models.settings import GuidanceSettings
from gain_tf.models.targets import annotated_images, box_target, mask_target, object_target

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


IMAGES = pairs_of(tf.ones([2, 1]))  # both, whatever their classes


def test_objects_by_hand():
    """Image 0 has the classes 0 and 2, image 1 the class 1; all of them are shown."""
    labels, masks_only = tf.constant([[1.0, 0, 1], [0, 1, 0]]), GuidanceSettings(kind="pixel")
    target = object_target({"mask": tf.constant(masks())}, labels, IMAGES, (2, 2), masks_only)
    np.testing.assert_array_equal(target.carried, [1, 1])
    np.testing.assert_allclose(target.value[0], [[1, 0.5], [0, 0.25]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(target.known[1], [[1, 0], [0.75, 1]], rtol=0, atol=1e-6)
    boxes_only = GuidanceSettings(kind="box")
    target = object_target(example_boxes(), labels, IMAGES, (2, 2), boxes_only)
    np.testing.assert_array_equal(target.carried, [1, 1])
    np.testing.assert_allclose(target.value[0], [[1, 0.5], [0, 1]], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("labels", "complete"),
    [
        ([[1, 0, 1], [0, 1, 0]], [1, 1]),
        ([[1, 0, 0], [0, 1, 0]], [1, 1]),  # more is shown than labelled
        ([[1, 1, 0], [0, 1, 0]], [0, 1]),
        ([[1, 0, 1], [0, 1, 1]], [1, 0]),
        ([[0, 1, 0], [1, 0, 0]], [0, 0]),
        ([[0, 0, 0], [0, 0, 0]], [1, 1]),  # no class has an object that could be missing
    ],
)
@pytest.mark.parametrize("kind", ["pixel", "box"])
def test_an_image_counts_where_all_its_classes_are_shown(labels, complete, kind):
    example = {"mask": tf.constant(masks()), **example_boxes()}
    found = annotated_images(example, tf.constant(labels, tf.float32), GuidanceSettings(kind=kind))
    np.testing.assert_array_equal(found, complete)


def test_boxes_of_all_classes_stand_in_for_a_mask_of_some():
    """The mask of image 1 shows class 1 alone; its boxes show class 2 too."""
    boxes = example_boxes()
    boxes["box_labels"] = tf.constant([[0, 2], [1, 2]])
    example = {"mask": tf.constant(masks()), **boxes}
    labels, both = tf.constant([[1.0, 0, 1], [0, 1, 1]]), GuidanceSettings(kind="both")
    np.testing.assert_array_equal(annotated_images(example, labels, both), [1, 1])
    target = object_target(example, labels, IMAGES, (2, 2), both)
    np.testing.assert_allclose(target.value[0], [[1, 0.5], [0, 0.25]], rtol=0, atol=1e-6)
    np.testing.assert_allclose(target.value[1], np.full((2, 2), 0.25), rtol=0, atol=1e-6)
    example["has_boxes"] = tf.constant([1, 0])
    np.testing.assert_array_equal(annotated_images(example, labels, both), [1, 0])


def test_more_classes_than_a_mask_can_hold():
    example = {"mask": tf.constant(np.full((2, 4, 4), 255, np.uint8)), **example_boxes()}
    labels = tf.one_hot([2, 1], 1000)
    found = annotated_images(example, labels, GuidanceSettings(kind="both"))
    np.testing.assert_array_equal(found, [1, 1])


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
