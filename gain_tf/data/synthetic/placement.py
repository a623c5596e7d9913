"""Where things go: all of the subject in view, clutter mostly beside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gain_tf.data.synthetic.outlines import Points

_FRAME = 0.02
_TRIES = 40
_DODGES = 8


def place_in_view(
    rng: np.random.Generator, outline_at: Callable[[float, float], Points]
) -> tuple[float, float] | None:
    """A uniformly drawn place for an object all of which must be in the picture.

    Args:
        rng: source of the place.
        outline_at: outline of the object in image units when it stands at (x, y), plane units.

    Returns:
        (x, y) in plane units, or None if the object fits nowhere. The region drawn from shrinks
        towards the middle with every failure, so that a large object ends in the middle.
    """
    for attempt in range(_TRIES):
        reach = 0.4 * (1.0 - attempt / (_TRIES - 1))
        x, y = 0.5 + reach * rng.uniform(-1.0, 1.0, 2)
        outline = outline_at(x, y)
        if outline.min() >= _FRAME and outline.max() <= 1.0 - _FRAME:
            return float(x), float(y)
    return None


def place_shrinking(
    rng: np.random.Generator, outline_at: Callable[[float, float, float], Points], scale: float
) -> tuple[float, float, float]:
    """A place for an object that gives way where the strongest perspective leaves no room.

    Args:
        rng: source of the place.
        outline_at: outline in image units of the object at (x, y), plane units, and a scale.
        scale: wanted.

    Returns:
        (x, y) in plane units and the scale, made smaller as far as needed.
    """
    while (spot := place_in_view(rng, lambda x, y, s=scale: outline_at(x, y, s))) is None:
        scale *= 0.97
    return *spot, scale


def places_beside(
    rng: np.random.Generator, count: int, x: float, y: float, clearance: float
) -> list[tuple[float, float]]:
    """Places for `count` objects over the whole plane, most of them off the subject.

    Args:
        rng: source of the places.
        count: how many.
        x: where the subject stands, plane units.
        y: likewise.
        clearance: distance from (x, y) to keep when a few tries suffice, plane units.
    """
    places = []
    for _ in range(count):
        spot = rng.uniform(0.02, 0.98, 2)
        for _ in range(_DODGES):
            if np.hypot(spot[0] - x, spot[1] - y) > clearance:
                break
            spot = rng.uniform(0.02, 0.98, 2)
        places.append((float(spot[0]), float(spot[1])))
    return places
