"""Does a score of 0.8 mean that eight of ten such verdicts are right?

Source: Guo et al., "On Calibration of Modern Neural Networks", 2017, Eq. 3.
"""

from dataclasses import dataclass

import numpy as np

BINS = 15


@dataclass(frozen=True)
class Calibration:
    """Verdicts by how sure they were; bins without a verdict are left out.

    Attributes:
        error: expected calibration error, in [0, 1].
        confidence: mean of each bin, (n,), in [0, 1].
        accuracy: share of right verdicts in each bin, (n,), in [0, 1].
        count: verdicts in each bin, int64 (n,).
    """

    error: float
    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray


def calibration(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> Calibration:
    """Compare how sure verdicts were with how often they were right.

    `ECE = sum_b (n_b / n) | accuracy_b - confidence_b |` over bins of equal width.

    Args:
        confidence: of each verdict, (n,), in [0, 1], at least one.
        right: whether each is right, boolean (n,).
        bins: number of bins.

    Returns:
        The error, and what each bin that is not empty holds.
    """
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    full = count > 0
    mean = np.bincount(place, confidence, minlength=bins)[full] / count[full]
    accuracy = np.bincount(place, right.astype(float), minlength=bins)[full] / count[full]
    error = float(np.sum(count[full] * np.abs(accuracy - mean)) / len(confidence))
    return Calibration(error, mean, accuracy, count[full])
