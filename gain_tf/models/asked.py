"""Which classes each image is asked about, in the form that the maps want."""

from typing import Any

import numpy as np


def asked_classes(classes: Any, images: int, known: int) -> np.ndarray:
    """Check the classes that images are asked about.

    Args:
        classes: k of them, the same for every image, or an array (N, k).
        images: N.
        known: the number of the network's classes.

    Returns:
        int32 (N, k), k at least 1.

    Raises:
        ValueError: there is no class, no such class, or none for some image.
    """
    given = np.atleast_1d(np.asarray(classes))
    if not given.shape[-1]:
        raise ValueError(f"classes must name at least one of 0 to {known - 1}, and are empty")
    if given.dtype.kind not in "iuf" or (given != np.rint(given)).any():
        raise ValueError(f"classes must be whole numbers of 0 to {known - 1}, not {classes!r}")
    if given.size and (given.min() < 0 or given.max() >= known):
        raise ValueError(
            f"classes must lie in 0 to {known - 1}, not {given.min()} to {given.max()}"
        )
    return np.broadcast_to(given.astype(np.int32), (images, given.shape[-1]))
