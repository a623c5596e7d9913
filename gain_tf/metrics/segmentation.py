"""Figures of segmentation, from a confusion matrix of pixels."""

import numpy as np


def mean_intersection_over_union(confusion: np.ndarray) -> tuple[float, np.ndarray]:
    """Average over classes the overlap of prediction and truth (mIoU).

    `IoU_c = n_cc / (sum_j n_cj + sum_j n_jc - n_cc)`

    Args:
        confusion: pixels by truth (row) and prediction (column), (C, C).

    Returns:
        The mean over the classes that occur in truth or prediction, and IoU of each class, (C,),
        NaN for one that does not occur.
    """
    both = np.diag(confusion).astype(float)
    either = confusion.sum(axis=0) + confusion.sum(axis=1) - both
    per_class = np.divide(both, either, out=np.full(len(both), np.nan), where=either > 0)
    return float(np.nanmean(per_class)) if (either > 0).any() else float("nan"), per_class
