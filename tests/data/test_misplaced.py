"""Controls: the same amount of annotation, in the wrong place."""

import numpy as np
import pytest

from gain_tf.config import Budget
from gain_tf.data.budget import within_budget
from gain_tf.data.dataset import UNKNOWN

LABELS = [0] * 20 + [1] * 10 + [2] * 3


def kept(split):
    return np.flatnonzero(split.has_mask).tolist(), np.flatnonzero(split.has_boxes).tolist()


@pytest.fixture(params=["rolled", "shuffled", "centre"])
def placement(request):
    return request.param


def test_who_is_annotated_stays(make_split, placement):
    split = make_split(LABELS)
    true, moved = (
        within_budget(split, Budget(masks=12, boxes=12, placement=where), 1)
        for where in ("true", placement)
    )
    assert kept(true) == kept(moved)
    for index in range(len(split)):
        np.testing.assert_array_equal(true.pictures.image(index), moved.pictures.image(index))
        np.testing.assert_array_equal(true.mask_shows[index], moved.mask_shows[index])
        np.testing.assert_array_equal(true.box_labels[index], moved.box_labels[index])
        assert moved.boxes[index].dtype == np.float32
        sizes = [box[:, 2:] - box[:, :2] for box in (true.boxes[index], moved.boxes[index])]
        np.testing.assert_allclose(*sizes, rtol=0, atol=1e-6)
        assert ((moved.boxes[index] >= 0) & (moved.boxes[index] <= 1)).all()


def test_the_same_seed_places_alike(make_split, placement):
    split, budget = make_split(LABELS), Budget(masks=12, boxes=12, placement=placement)
    one, two, other = (within_budget(split, budget, seed) for seed in (1, 1, 2))
    for index in range(len(split)):
        np.testing.assert_array_equal(one.pictures.mask(index), two.pictures.mask(index))
        np.testing.assert_array_equal(one.boxes[index], two.boxes[index])
    assert kept(one) != kept(other)


def test_rolled_masks_go_around_the_edges(make_split):
    split = make_split([0] * 8)
    moved = within_budget(split, Budget(masks=8, placement="rolled"), 1)
    shifts = [(down, across) for down in range(8) for across in range(8)]
    found = []
    for index in range(8):
        true, mask = split.pictures.mask(index), moved.pictures.mask(index)
        matching = [s for s in shifts if (np.roll(true, s, (0, 1)) == mask).all()]
        assert len(matching) == 1
        found += matching
    assert len(set(found)) > 4


def test_rolled_boxes_lie_elsewhere(make_split):
    split = make_split(LABELS)
    moved = within_budget(split, Budget(boxes=20, placement="rolled"), 1)
    shifted = [
        (moved.boxes[index] != split.boxes[index]).any()
        for index in np.flatnonzero(moved.has_boxes)
    ]
    assert sum(shifted) == 20


def test_centred_boxes(make_split):
    moved = within_budget(make_split(LABELS), Budget(boxes=3, placement="centre"), 1)
    for index in np.flatnonzero(moved.has_boxes):
        # The box of 3 x 3 pixels in the middle of 8 x 8.
        np.testing.assert_allclose(moved.boxes[index], [[2.5 / 8, 2.5 / 8, 5.5 / 8, 5.5 / 8]])


def test_centred_masks_are_as_large(make_split):
    split = make_split([1, 1, 0], side=64)
    big = split.pictures.masks
    big[big > 0] = 0
    big[0, :20, :30] = 2
    moved = within_budget(split, Budget(masks="all", placement="centre"), 1)
    inside = moved.pictures.mask(0) == 2
    assert inside.sum() == pytest.approx(600, rel=0.1)
    rows, columns = np.nonzero(inside)
    assert (rows.mean(), columns.mean()) == pytest.approx((31.5, 31.5), abs=0.51)


def test_shuffled_masks_are_another_image_s_under_the_own_name(make_split):
    split = make_split([0, 1, 2, 0])
    masks = split.pictures.masks
    masks[:] = 0
    for index in range(4):
        masks[index, index, :4] = int(split.labels[index].argmax()) + 1
    moved = within_budget(split, Budget(masks="all", placement="shuffled"), 1)
    rows = []
    for index in range(4):
        mask = moved.pictures.mask(index)
        assert set(np.unique(mask)) == {0, int(split.labels[index].argmax()) + 1}
        rows.append(int(np.flatnonzero(mask.any(axis=1))[0]))
    assert sorted(rows) == [0, 1, 2, 3]
    assert all(row != index for index, row in enumerate(rows))


def test_a_shuffled_mask_that_shows_less_than_the_labels_knows_no_background(make_split):
    split = make_split([0, 0], classes=2)
    split.labels[:] = 1
    split.mask_shows[0] = True
    split.pictures.masks[0, 7] = 2
    moved = within_budget(split, Budget(masks="all", placement="shuffled"), 1)
    # Image 1 shows one class only: whatever it is given, the other may be anywhere.
    assert set(np.unique(moved.pictures.mask(1))) == {1, UNKNOWN}
    assert moved.mask_shows[1].tolist() == [True, False]
