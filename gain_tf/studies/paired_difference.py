"""How sure the difference of two rows is, over seeds and over images at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from gain_tf.evaluation.intervals import LEVEL


@dataclass(frozen=True)
class PairedDifference:
    """By how much one row is more accurate than another with the same seeds and images.

    Attributes:
        mean: in [-1, 1].
        low: lower end of the 95 % interval.
        high: its upper end.
        by_seed: the difference of each seed.
        groups: of images that were judged.
    """

    mean: float
    low: float
    high: float
    by_seed: tuple[float, ...]
    groups: int

    @property
    def settled(self) -> bool:
        """Tell whether the interval leaves out zero; one seed, or one group, settles nothing."""
        several = min(len(self.by_seed), self.groups) > 1
        return several and (self.low > 0 or self.high < 0)


def paired_difference(groups: Sequence[str], differences: np.ndarray) -> PairedDifference:
    """Compute the mean difference, and how far other seeds and other images could move it.

    With S seeds, G groups of images, and Student's t of 95 % at the degrees of freedom f:

        half width^2 = t(S - 1)^2 var_seeds / S + t(G - 1)^2 var_groups

    where var_seeds is the variance of the seeds' differences, with S - 1, and var_groups that of
    the mean over groups, a ratio of sums since groups differ in size. The squares of two half
    widths are added as in Howe, "Approximate confidence limits on the mean of X + Y", Journal of
    the American Statistical Association 69, 1974. What seeds and images do together counts in
    both, so that the interval is rather too wide. With one seed it holds the images alone, with
    one group the seeds alone. A bootstrap over three seeds, which can be drawn in ten ways only,
    is too narrow instead.

    Args:
        groups: of the images, (N,).
        differences: of each seed and image, 1 where only the first row is right, -1 where only
            the second is, (S, N).

    Returns:
        The difference; its interval never leaves [-1, 1].
    """
    by_seed = differences.mean(axis=1)
    mean = float(by_seed.mean())
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    count = int(member.max()) + 1
    residuals = np.bincount(member, differences.mean(axis=0) - mean, minlength=count)
    of_groups = (residuals**2).sum() * count / max(count - 1, 1) / differences.shape[1] ** 2
    seeds = len(by_seed)
    of_seeds = ((by_seed - mean) ** 2).sum() / max(seeds - 1, 1) / seeds
    half = float(
        np.sqrt(student_factor(seeds) ** 2 * of_seeds + student_factor(count) ** 2 * of_groups)
    )
    return PairedDifference(
        mean,
        max(mean - half, -1.0),
        min(mean + half, 1.0),
        tuple(float(each) for each in by_seed),
        count,
    )


def student_factor(count: int) -> float:
    """Return Student's two-sided factor of 95 % for `count` values.

    Args:
        count: of values, at least one.

    Returns:
        t of `count` - 1 degrees of freedom; 0 for one value, which tells nothing of others.
    """
    return float(student.ppf((1 + LEVEL) / 2, count - 1)) if count > 1 else 0.0
