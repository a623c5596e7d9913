"""What goes with what in a split, decided before anything is drawn."""

from __future__ import annotations

import numpy as np

_PLAN_STREAM, _ORDER_STREAM = 101, 102


def planning_stream(seed: int, index: int) -> np.random.Generator:
    """The source of the decisions on image `index`, which depends on no other image."""
    return np.random.default_rng([seed, _PLAN_STREAM, index])


def balanced_class(seed: int, index: int, classes: int) -> int:
    """The class of image `index`: every `classes` images in a row show each class once."""
    block, place = divmod(index, classes)
    return int(np.random.default_rng([seed, _ORDER_STREAM, block]).permutation(classes)[place])


def surroundings_of(rng: np.random.Generator, own: int, kinds: int, bias: float) -> int:
    """The kind of surroundings of a class.

    Args:
        rng: makes the same number of draws whatever comes out.
        own: the kind that belongs to the class.
        kinds: how many there are.
        bias: in [0, 1], probability of its own kind; otherwise it is any, each as likely.
    """
    tied = rng.random() < bias
    other = int(rng.integers(kinds))
    return own if tied else other


def check_plan(count: int, bias: float) -> None:
    """Refuse an impossible split.

    Raises:
        ValueError: if `bias` lies outside [0, 1] or `count` is negative.
    """
    if not 0.0 <= bias <= 1.0 or count < 0:
        raise ValueError(f"bias must lie in [0, 1] and count be at least 0: {bias}, {count}")
