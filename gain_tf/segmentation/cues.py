"""Localisation cues: which cells an attention map claims for a class, which are background.

Source: Li et al., "Guided Attention Inference Network", Section 4; conflicts and background as in
Kolesnikov and Lampert, "Seed, Expand and Constrain", 2016.
"""

from collections.abc import Sequence

import cv2
import numpy as np

UNKNOWN = 255
"""Label of a cell that no cue claims."""


def foreground_cues(attention: np.ndarray, threshold: float = 0.2) -> np.ndarray:
    """Claim the cells whose attention is above a share of the map's maximum.

    Args:
        attention: of each class, (k, h, w), at least 0.
        threshold: share of the maximum, in [0, 1).

    Returns:
        boolean (k, h, w); a map that is zero everywhere claims nothing.
    """
    return attention > threshold * attention.max(axis=(1, 2), keepdims=True, initial=0)


def background_cues(saliency: np.ndarray, share: float = 0.1) -> np.ndarray:
    """Claim the least salient cells.

    The saliency goes through a 3 x 3 median filter first. Cells that are as little salient as the
    last one claimed are claimed with it, as nothing tells them apart.

    Args:
        saliency: float32 (h, w).
        share: of the cells, in (0, 1).

    Returns:
        boolean (h, w); nothing where every cell is as salient as any other.
    """
    smooth = cv2.medianBlur(saliency.astype(np.float32), 3)
    last = max(round(share * smooth.size), 1) - 1
    limit = np.partition(smooth, last, axis=None)[last]
    return (smooth <= limit) & (limit < smooth.max())


def settle(regions: np.ndarray) -> np.ndarray:
    """Give each cell that is claimed more than once to the smallest of the regions.

    Args:
        regions: boolean (n, h, w). Sizes are those before anything is settled; of two regions of
            one size the later gets the cell.

    Returns:
        Disjoint regions, boolean (n, h, w).
    """
    sizes = regions.sum(axis=(1, 2))
    settled, free = np.zeros_like(regions), np.ones(regions.shape[1:], bool)
    for region in np.lexsort((-np.arange(len(sizes)), sizes)):
        settled[region] = regions[region] & free
        free &= ~regions[region]
    return settled


def cue_cells(
    attention: np.ndarray,
    classes: Sequence[int],
    saliency: np.ndarray | None,
    count: int,
    *,
    threshold: float = 0.2,
    share: float = 0.1,
) -> np.ndarray:
    """Make the cues of one image.

    Args:
        attention: of each class of the image that has an object to attend to, (k, h, w).
        classes: index of each, k of them; of none, the whole image is background.
        saliency: float32 (h, w), or None for no background cues.
        count: number C of classes of the data set.
        threshold: see `foreground_cues`.
        share: see `background_cues`.

    Returns:
        boolean (C + 1, h, w), background first, no cell claimed twice.
    """
    cues = np.zeros((count + 1, *attention.shape[1:]), bool)
    if not len(classes):
        cues[0] = True
        return cues
    cues[np.asarray(classes) + 1] = foreground_cues(attention, threshold)
    if saliency is not None:
        cues[0] = background_cues(saliency, share)
    return settle(cues)


def label_map(cues: np.ndarray) -> np.ndarray:
    """Name the class of each cell: index + 1, 0 background, 255 unknown.

    Args:
        cues: boolean (C + 1, h, w), no cell claimed twice.

    Returns:
        uint8 (h, w).
    """
    return np.where(cues.any(axis=0), cues.argmax(axis=0), UNKNOWN).astype(np.uint8)
