"""What full supervision and the judging of a segmenter know without anybody having drawn it."""

import numpy as np
import pytest

from gain_tf.data.dataset import UNKNOWN, ArrayPictures, Split
from gain_tf.data.files import DataError
from gain_tf.segmentation.judge_maps import judge_maps
from gain_tf.segmentation.true_masks import only_known, with_bare_masks

SCRATCH, FREE = 0, 1


def split_of(drawn=True):
    """A scratch with a mask, one without, a free tile, an image of nothing: 2 x 3 pixels each."""
    masks = np.full((4, 2, 3), UNKNOWN, np.uint8)
    masks[0] = [[1, 1, 0], [0, 0, 0]]
    shows = np.zeros((4, 2), bool)
    shows[0, SCRATCH] = drawn
    return Split(
        ids=["drawn", "undrawn", "free", "nothing"],
        labels=np.array([[1, 0], [1, 0], [0, 1], [0, 0]], np.float32),
        pictures=ArrayPictures(np.zeros((4, 2, 3, 3), np.uint8), masks),
        mask_shows=shows,
        boxes=[np.zeros((0, 4), np.float32)] * 4,
        box_labels=[np.zeros(0, np.int32)] * 4,
    )


def test_an_image_without_an_object_is_background_everywhere():
    split = with_bare_masks(split_of(), [FREE])
    assert split.has_mask.tolist() == [True, False, True, True]
    masks = [split.pictures.mask(index) for index in range(4)]
    np.testing.assert_array_equal(masks[0], [[1, 1, 0], [0, 0, 0]])
    assert (masks[1] == UNKNOWN).all()
    for mask in masks[2:]:
        np.testing.assert_array_equal(mask, np.zeros((2, 3), np.uint8))


def test_what_somebody_marked_as_unknown_stays_so():
    split = split_of()
    assert isinstance(split.pictures, ArrayPictures)
    split.pictures.masks[2] = [[0, 0, UNKNOWN], [0, 0, 0]]
    known = with_bare_masks(split, [FREE])
    assert known.has_mask[2]
    np.testing.assert_array_equal(known.pictures.mask(2), [[0, 0, UNKNOWN], [0, 0, 0]])


def test_free_tiles_alone_judge_nothing():
    split = split_of(drawn=False)
    assert with_bare_masks(split, [FREE]) is split


def test_a_class_with_an_object_is_not_background_for_want_of_a_mask():
    split = with_bare_masks(split_of(), [])
    assert split.has_mask.tolist() == [True, False, False, True]


def test_full_supervision_leaves_out_what_nobody_knows():
    known = only_known(split_of(), [FREE])
    assert list(known.ids) == ["drawn", "free", "nothing"]
    assert known.has_mask.all()
    np.testing.assert_array_equal(known.pictures.mask(1), np.zeros((2, 3), np.uint8))


def test_full_supervision_without_any_mask_is_refused():
    with pytest.raises(DataError, match="no image of the training split has a mask"):
        only_known(split_of(drawn=False), [FREE])


def test_a_false_alarm_on_a_free_tile_counts():
    def scratch_everywhere(images, _crf, _total):
        return (np.ones(image.shape[:2], np.uint8) for image in images)

    judged = with_bare_masks(split_of(), [FREE])
    figures = judge_maps(scratch_everywhere, judged, ["scratch", "free"], "none")
    assert figures["images"] == 3
    # 2 of 18 pixels are scratched.
    assert figures["per_class"]["scratch"]["iou"] == pytest.approx(2 / 18, abs=1e-12)
    assert figures["per_class"]["background"]["iou"] == 0
