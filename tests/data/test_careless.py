"""Annotation as hurried people make it."""

import numpy as np
import pytest

from gain_tf.config import Budget
from gain_tf.data.budget import within_budget


def test_no_noise_is_the_truth(make_split):
    split = make_split([0] * 4)
    careful = within_budget(split, Budget(masks="all"), 1)
    assert careful.pictures is split.pictures


def test_box_edges_move_by_a_share_of_the_box(make_split):
    split = make_split([0] * 50)
    noisy = within_budget(split, Budget(boxes=50, noise=0.2), 1)
    moves = np.concatenate(noisy.boxes) - np.concatenate(split.boxes)
    # The boxes are 3/8 wide and high.
    assert np.abs(moves).max() <= 0.2 * 3 / 8 + 1e-6
    assert np.abs(moves).max() > 0.15 * 3 / 8
    assert abs(moves.mean()) < 0.02


def test_boxes_stay_boxes_under_any_noise(make_split):
    noisy = within_budget(make_split([0] * 50), Budget(boxes=50, noise=1.0), 1)
    boxes = np.concatenate(noisy.boxes)
    assert (boxes[:, 2:] > boxes[:, :2]).all()
    assert ((boxes >= 0) & (boxes <= 1)).all()


def test_masks_grow_or_shrink(make_split):
    split = make_split([0] * 20, side=64)
    split.pictures.masks[:] = 0
    split.pictures.masks[:, 20:40, 20:40] = 1
    noisy = within_budget(split, Budget(masks="all", noise=0.1), 1)
    areas = {int((noisy.pictures.mask(index) == 1).sum()) for index in range(20)}
    # Diameter of a disc of 400 pixels: 22.6; a tenth of it: 2 pixels on each side.
    # The disc that grows it leaves two pixels out at each corner.
    assert areas == {16 * 16, 24 * 24 - 8}


def test_an_object_never_vanishes(make_split):
    noisy = within_budget(make_split([0] * 20), Budget(masks="all", noise=1.0), 1)
    assert all((noisy.pictures.mask(index) == 1).any() for index in range(20))


@pytest.mark.parametrize("noise", [-0.1, 1.5])
def test_noise_is_a_share(noise):
    with pytest.raises(ValueError, match="noise"):
        Budget(noise=noise)
