"""How far a figure could move if other images had been drawn: bootstrap over groups."""

from collections.abc import Callable, Sequence

import numpy as np

LEVEL = 0.95
"""Share of the draws that an interval holds."""


def bootstrap_interval(
    statistic: Callable[[np.ndarray], float],
    groups: Sequence[str],
    draws: int,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Draw whole groups with replacement and see how the statistic moves.

    Frames of one object are near copies: drawing them one by one would promise a precision that
    is not there. Percentile interval; Efron and Tibshirani, "An introduction to the bootstrap".

    Args:
        statistic: of the rows chosen, given by their indices.
        groups: group of each row.
        draws: how often; 0 for no interval.
        seed: of the draws.

    Returns:
        Lower and upper end of the 95 % interval; None without draws, where there are fewer than
        two groups (every draw of one is the same), or where the statistic is NaN in every draw.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    if not draws or len(names) < 2:
        return None
    order = np.argsort(member, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(member))[:-1])
    random = np.random.default_rng(seed)
    values = [
        statistic(np.concatenate([rows[g] for g in random.integers(len(names), size=len(names))]))
        for _ in range(draws)
    ]
    if np.isnan(values).all():
        return None
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(low), float(high)
