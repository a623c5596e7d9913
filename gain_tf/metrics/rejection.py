"""What accuracy is bought by leaving the least sure images to a person.

Source: Nadeem, Zucker and Hanczar, "Accuracy-Rejection Curves (ARCs) for Comparing Classification
Methods with a Reject Option", 2009.
"""

from collections.abc import Sequence

import numpy as np


def accuracy_when_rejecting(
    confidence: np.ndarray, right: np.ndarray, rejected: Sequence[float]
) -> np.ndarray:
    """Compute the accuracy on what is left when the least sure images are rejected.

    Of n images `floor(r n)` are rejected; images that are equally sure share what one of them is
    worth on average, so that their order does not matter.

    Args:
        confidence: of each verdict, (n,), at least one.
        right: whether each is right, boolean (n,).
        rejected: shares r of the images, each in [0, 1).

    Returns:
        A share for each of `rejected`, in [0, 1].
    """
    _, tied = np.unique(-confidence, return_inverse=True)
    worth = (np.bincount(tied, right.astype(float)) / np.bincount(tied))[tied]
    gained = np.cumsum(worth[np.argsort(tied, kind="stable")])
    # A share such as 0.3 x 10 must not become 2.
    kept = len(right) - np.floor(np.asarray(rejected) * len(right) + 1e-9).astype(int)
    return gained[kept - 1] / kept
