"""Which images keep their annotation."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from gain_tf.config import Budget
from gain_tf.data.budget import within_budget

LABELS = [0] * 20 + [1] * 10 + [2] * 3


def kept(split):
    return np.flatnonzero(split.has_mask).tolist(), np.flatnonzero(split.has_boxes).tolist()


def per_class(split, chosen):
    return split.labels[chosen].sum(axis=0).astype(int).tolist()


@pytest.mark.parametrize(
    ("count", "expected"), [(0, [0, 0, 0]), (9, [3, 3, 3]), (17, [7, 7, 3]), (33, [20, 10, 3])]
)
@pytest.mark.parametrize("what", ["masks", "boxes"])
def test_evenly_per_class(make_split, what, count, expected):
    split = make_split(LABELS)
    masks, boxes = kept(within_budget(split, Budget(**{what: count}), seed=1))
    chosen, other = (masks, boxes) if what == "masks" else (boxes, masks)
    assert per_class(split, chosen) == expected
    assert other == []


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_classes_differ_by_at_most_one(make_split, count):
    split = make_split(LABELS)
    counts = per_class(split, kept(within_budget(split, Budget(masks=count), seed=1))[0])
    assert sum(counts) == count
    assert max(counts) - min(counts) <= 1


def test_the_choice_is_the_seed_s(make_split):
    split = make_split(LABELS)
    one, again, other = (
        kept(within_budget(split, Budget(masks=6, boxes=6), seed=seed)) for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other
    own = kept(within_budget(split, Budget(masks=6, boxes=6, seed=1), seed=2))
    assert own == one


def test_a_smaller_budget_is_part_of_a_larger(make_split):
    split = make_split(LABELS)
    chosen = [set(kept(within_budget(split, Budget(masks=n), seed=4))[0]) for n in range(0, 34, 3)]
    for smaller, larger in pairwise(chosen):
        assert smaller < larger


def test_an_image_gets_one_or_the_other(make_split):
    split = make_split(LABELS)
    masks, boxes = kept(within_budget(split, Budget(masks=12, boxes=12), seed=1))
    assert len(masks) == len(boxes) == 12
    assert not set(masks) & set(boxes)
    masks, boxes = kept(within_budget(split, Budget(masks=12, boxes="all"), seed=1))
    assert len(boxes) == 21
    assert not set(masks) & set(boxes)


def test_all_and_none(make_split):
    split = make_split(LABELS)
    assert kept(within_budget(split, Budget(masks="all"), 1)) == (list(range(33)), [])
    assert kept(within_budget(split, Budget(), 1)) == ([], [])


def test_only_annotated_images_are_chosen(make_split):
    split = make_split(LABELS, masked=[2, 5, 21], boxed=[5, 6])
    assert kept(within_budget(split, Budget(masks=3), 1)) == ([2, 5, 21], [])
    assert kept(within_budget(split, Budget(boxes=2), 1)) == ([], [5, 6])


def test_unguided_classes_are_not_chosen(make_split):
    split = make_split(LABELS)
    masks, _ = kept(within_budget(split, Budget(masks="all"), 1, unguided_classes=[0]))
    assert masks == list(range(20, 33))


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (Budget(masks=34), "data.budget.masks: 34 annotated images asked for, 33 are there"),
        (Budget(masks=30, boxes=4), "data.budget.boxes: 4 annotated images asked for, 3 are"),
    ],
)
def test_more_than_there_is(make_split, budget, said):
    with pytest.raises(ValueError, match=said):
        within_budget(make_split(LABELS), budget, 1)


def test_what_is_kept_is_what_was_there(make_split):
    split = make_split(LABELS)
    cut = within_budget(split, Budget(masks=5, boxes=5), 1)
    assert cut.ids == split.ids
    assert cut.labels is split.labels
    masks, boxes = kept(cut)
    np.testing.assert_array_equal(cut.mask_shows[masks], split.mask_shows[masks])
    for index in boxes:
        np.testing.assert_array_equal(cut.boxes[index], split.boxes[index])
        np.testing.assert_array_equal(cut.box_labels[index], split.box_labels[index])


def test_flags_stay_with_their_boxes(make_split):
    split = make_split([0, 1, 0, 1])
    flags = [np.array([[index % 2 == 0, True]]) for index in range(4)]
    kept = within_budget(replace(split, box_flags=flags), Budget(boxes=2), 1)
    assert [len(own) for own in kept.box_flags] == [len(own) for own in kept.boxes]
    assert sum(map(len, kept.box_flags)) == 2
    index = next(n for n, own in enumerate(kept.box_flags) if len(own))
    np.testing.assert_array_equal(kept.box_flags[index], flags[index])
    assert within_budget(split, Budget(boxes=2), 1).box_flags is None


def test_what_is_listed_comes_first_in_its_order(make_split, tmp_path):
    split = make_split(LABELS)
    path = tmp_path / "list.csv"
    path.write_text(
        "rank,id\n" + "".join(f"{r},{split.ids[i]}\n" for r, i in enumerate([7, 3, 30]))
    )
    listed = Budget(boxes=2, listed=path)
    assert kept(within_budget(split, listed, seed=1))[1] == [3, 7]
    more = kept(within_budget(split, listed.model_copy(update={"boxes": 6}), seed=1))[1]
    assert {3, 7, 30} < set(more)
    assert len(more) == 6


def test_a_list_as_spreadsheets_write_it(make_split, tmp_path):
    split = make_split(LABELS)
    path = tmp_path / "list.csv"
    path.write_bytes("\ufeffid,rank\r\ni7,1\r\ni3,2\r\n".encode())
    assert kept(within_budget(split, Budget(boxes=2, listed=path), seed=1))[1] == [3, 7]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", ": has no column id; it has 'a', 'b'"),
        ("", ": has no column id"),
        ("id\n", ": lists no image"),
        ("id\nstrange\n", ": 1 of its images are no training images, such as 'strange'"),
        ("rank,id\n1,i7\n2\n", ", line 3: names no image in its column id"),
        ('id\n"i7\n' + "x" * 131_072, ": is not a table: field larger than field limit"),
        ("id\n\udcff\n", ": is not a text file in UTF-8"),
    ],
)
def test_a_list_that_cannot_be(make_split, tmp_path, text, said):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ValueError, match=f"data.budget.listed: {path}{said}"):
        within_budget(make_split(LABELS), Budget(boxes=2, listed=path), seed=1)
