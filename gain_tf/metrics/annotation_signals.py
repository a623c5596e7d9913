"""What speaks for annotating an image, one signal a function: more is more reason to.

None of them knows whether the attention is right: each finds a way in which it may be wrong.
"""

from itertools import combinations

import numpy as np


def off_consensus(maps: np.ndarray, consensus: np.ndarray) -> np.ndarray:
    """Share of the attention that lies where attention to the class mostly does not.

    `1 - sum_x A R / sum_x A`, with R the consensus region divided by its maximum.

    Args:
        maps: of one class, (N, h, w), at least 0.
        consensus: where its objects lie, (h, w), at least 0: the mean of the annotated ones, or
            of all maps where none is annotated.

    Returns:
        (N,), in [0, 1]; 1 for a map that is zero everywhere.
    """
    region = consensus / max(float(consensus.max()), np.finfo(float).tiny)
    whole = maps.sum(axis=(1, 2))
    on = (maps * region).sum(axis=(1, 2))
    return 1 - np.divide(on, whole, out=np.zeros(len(maps)), where=whole > 0)


def disagreement(maps: np.ndarray) -> np.ndarray:
    """How little the maps of several networks, such as other seeds, overlap.

    `1 - mean over pairs of networks of sum_x min(A, B) / sum_x max(A, B)`.

    Args:
        maps: of M networks for the same N images and classes, (M, N, h, w), in [0, 1].

    Returns:
        (N,), in [0, 1]; zeros for a single network. Two maps that are zero everywhere agree.
    """
    overlaps = []
    for one, other in combinations(maps, 2):
        both = np.minimum(one, other).sum(axis=(1, 2))
        either = np.maximum(one, other).sum(axis=(1, 2))
        overlaps.append(np.divide(both, either, out=np.ones(len(both)), where=either > 0))
    return 1 - np.mean(overlaps, axis=0) if overlaps else np.zeros(maps.shape[1])


def staked(erased_scores: np.ndarray) -> np.ndarray:
    """How much of the answer hangs on the attended region: `1 - s^c(I*^c)`.

    A low score on the erased image says that the network stakes all on one region. Whether that
    is the object or its surroundings is what annotation settles.

    Args:
        erased_scores: probability of the class on the image without its attended region (Eq. 3),
            (N,), in [0, 1].

    Returns:
        (N,), in [0, 1].
    """
    return 1 - erased_scores


def class_need(annotated: np.ndarray) -> np.ndarray:
    """How far each class is behind the one with the most annotation: `1 - n_c / max n`.

    Args:
        annotated: images of each class that have annotation, or are to get it, (C,).

    Returns:
        (C,), in [0, 1]; zeros where no class has any.
    """
    most = annotated.max(initial=0)
    return 1 - annotated / most if most else np.zeros(len(annotated))
