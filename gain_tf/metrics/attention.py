"""How much of a map lies on the object, in NumPy, at the resolution of the mask."""

from collections.abc import Sequence

import cv2
import numpy as np

from gain_tf.metrics.segmentation import pixel_confusion

CUE_THRESHOLD = 0.2
"""Share of a map's maximum above which a pixel is a localisation cue (Section 4 of the paper)."""


def energy_in_mask(attention: np.ndarray, mask: np.ndarray) -> float:
    """Share of the attention that lies on the object: `sum(A M) / sum(A)`.

    The same as the mask's share of the image for attention that is spread evenly: report both.
    After Wang et al., "Score-CAM", 2020 (energy-based pointing game).

    Args:
        attention: (H, W), at least 0.
        mask: boolean (H, W).

    Returns:
        In [0, 1]; 0 for a map that is zero everywhere.
    """
    whole = float(attention.sum())
    return float(attention[mask].sum()) / whole if whole > 0 else 0.0


def pointing_game(attention: np.ndarray, mask: np.ndarray, tolerance: float = 0.03) -> bool:
    """Tell whether the strongest point of a map hits the object.

    After Zhang et al., "Top-down neural attention by excitation backprop", 2016.

    Args:
        attention: (H, W), at least 0.
        mask: boolean (H, W).
        tolerance: distance to the object that still counts, as a share of the longer side
            (0.03 is 7 pixels of 224).

    Returns:
        True for a hit; a map that is zero everywhere never hits.
    """
    if attention.max() <= 0:
        return False
    row, column = np.unravel_index(int(attention.argmax()), attention.shape)
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return False
    distance = np.hypot(rows - row, columns - column).min()
    return bool(distance <= tolerance * max(mask.shape))


def intersection_over_union(
    attention: np.ndarray, mask: np.ndarray, thresholds: Sequence[float]
) -> np.ndarray:
    """Compare the region above a threshold with the object.

    `IoU(t) = |{A > t} and M| / |{A > t} or M|`

    Args:
        attention: (H, W), normalised to [0, 1].
        mask: boolean (H, W).
        thresholds: T of them, in [0, 1).

    Returns:
        (T,), in [0, 1].
    """
    above = attention[None] > np.asarray(thresholds, attention.dtype)[:, None, None]
    both = (above & mask).sum(axis=(1, 2))
    either = (above | mask).sum(axis=(1, 2))
    return np.divide(both, either, out=np.zeros(len(above)), where=either > 0)


def cue_confusion(
    attention: np.ndarray, classes: Sequence[int], truth: np.ndarray, size: int
) -> np.ndarray:
    """Count the pixels that localisation cues call what they are.

    A pixel belongs to the class whose attention is strongest there, if that is above
    `CUE_THRESHOLD`, else to the background.

    Args:
        attention: of the image's own classes, (k, H, W), normalised to [0, 1].
        classes: index of each, k of them.
        truth: class index + 1, 0 background, 255 ignored, uint8 (H, W).
        size: number of classes and the background.

    Returns:
        Pixels by truth (row) and cue (column), int64 (size, size).
    """
    strongest = attention.argmax(axis=0)
    named = np.asarray(classes)[strongest] + 1
    cue = np.where(attention.max(axis=0) > CUE_THRESHOLD, named, 0)
    return pixel_confusion(truth, cue, size)


def enlarge(attention: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize a map bilinearly to the image it explains: (h, w) to (height, width)."""
    return cv2.resize(attention, (width, height), interpolation=cv2.INTER_LINEAR)
