"""The accuracy of the group that fares worst.

Source: Sagawa et al., "Distributionally Robust Neural Networks for Group Shifts", 2020.
"""

from collections.abc import Sequence

import numpy as np

FEWEST = 10
"""Images that a group must have: of a handful one is always all wrong."""


def worst_group(
    right: np.ndarray, groups: Sequence[str], fewest: int = FEWEST
) -> tuple[str, float] | None:
    """Find the group with the lowest accuracy.

    Args:
        right: whether each verdict is right, boolean (n,).
        groups: of the images, n of them.
        fewest: images that a group must have to count.

    Returns:
        Its name and its accuracy in [0, 1]; None where fewer than two groups are large enough.
    """
    names, member = np.unique(np.asarray(groups), return_inverse=True)
    count = np.bincount(member, minlength=len(names))
    large = np.flatnonzero(count >= fewest)
    if len(large) < 2:
        return None
    accuracy = np.bincount(member, right.astype(float), minlength=len(names))[large] / count[large]
    worst = int(accuracy.argmin())
    return str(names[large[worst]]), float(accuracy[worst])
