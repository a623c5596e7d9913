"""Which training images keep their annotation."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gain_tf.config import Budget
from gain_tf.data.careless import careless
from gain_tf.data.dataset import Split
from gain_tf.data.files import DataError
from gain_tf.data.listing import read_listing
from gain_tf.data.misplaced import PLACEMENTS


def within_budget(
    split: Split, budget: Budget, seed: int, unguided_classes: Sequence[int] = ()
) -> Split:
    """Take away every annotation that the budget does not pay for.

    Args:
        split: fully annotated, as far as the data set is.
        budget: how many images keep a mask, how many keep boxes.
        seed: of the choice, where the budget names none of its own.
        unguided_classes: classes without an object; their images are not chosen.

    Returns:
        The split with the annotations that are left, moved and made careless where the budget
        says so.

    Raises:
        ValueError: fewer images are annotated than the budget asks for, or its list cannot be
            read or names an image that is not there.
    """
    seed = seed if budget.seed is None else budget.seed
    guided = np.ones(split.labels.shape[1], bool)
    guided[list(unguided_classes)] = False
    first = _listed(budget.listed, split.ids)
    masked = _chosen(split.mask_shows & guided, budget.masks, seed, "masks", first)
    shown = split.boxes_show
    shown[masked] = False
    boxed = _chosen(shown & guided, budget.boxes, seed, "boxes", first)
    keep = np.zeros(len(split), bool)
    keep[masked] = True
    annotated = set(boxed.tolist())

    def of_boxed(column: Sequence[np.ndarray], nothing: np.ndarray) -> list[np.ndarray]:
        # What is not kept may never have been rendered, and need not be.
        return [column[index] if index in annotated else nothing for index in range(len(split))]

    kept = replace(
        split,
        mask_shows=split.mask_shows & keep[:, None],
        boxes=of_boxed(split.boxes, np.zeros((0, 4), np.float32)),
        box_labels=of_boxed(split.box_labels, np.zeros(0, np.int32)),
        box_flags=None
        if split.box_flags is None
        else of_boxed(split.box_flags, np.zeros((0, 2), bool)),
    )
    if budget.placement != "true":
        kept = PLACEMENTS[budget.placement](kept, seed)
    return careless(kept, budget.noise, seed) if budget.noise else kept


def _listed(path: Path | None, ids: Sequence[str]) -> list[int]:
    """Read which images come first."""
    if path is None:
        return []
    # The fields of a table come without the spaces around them.
    index = {name.strip(): number for number, name in enumerate(ids)}
    try:
        named = [(place, row["id"]) for place, row in read_listing(path, ["id"])]
    except DataError as error:
        raise ValueError(f"data.budget.listed: {error}") from error
    for place, name in named:
        if not name:
            raise ValueError(f"data.budget.listed: {place}: names no image in its column id")
    strange = [name for _, name in named if name not in index]
    if strange:
        raise ValueError(
            f"data.budget.listed: {path}: {len(strange)} of its images are no training images, "
            f"such as {strange[0]!r}"
        )
    return list(dict.fromkeys(index[name] for _, name in named))


def _chosen(
    shows: np.ndarray, count: int | str, seed: int, what: str, first: Sequence[int]
) -> np.ndarray:
    """Choose the images that come first, then others class by class in turn, each at random.

    Args:
        shows: which classes the annotation of each image shows, boolean (N, C).
        count: images to choose, or "all".
        seed: of the choice.
        what: named in the error.
        first: indices of the images that come first, in this order.

    Returns:
        Sorted indices.
    """
    available = np.flatnonzero(shows.any(axis=1))
    if count == "all":
        return available
    if int(count) > len(available):
        raise ValueError(
            f"data.budget.{what}: {count} annotated images asked for, {len(available)} are there"
        )
    random = np.random.default_rng([seed, len(what)])
    queues = [list(random.permutation(np.flatnonzero(column))) for column in shows.T]
    able = set(available.tolist())
    chosen = dict.fromkeys([index for index in first if index in able][: int(count)])
    while len(chosen) < int(count):
        for queue in queues:
            while queue and queue[-1] in chosen:
                queue.pop()
            if queue and len(chosen) < int(count):
                chosen[int(queue.pop())] = None
    return np.array(sorted(chosen), np.int64)
