"""How sure the difference of two rows is: bootstrap over seeds and over images at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gain_tf.evaluation.intervals import LEVEL

DRAWS = 2000


@dataclass(frozen=True)
class PairedDifference:
    """By how much one row is more accurate than another with the same seeds and images.

    Attributes:
        mean: in [-1, 1].
        low: lower end of the 95 % interval.
        high: its upper end.
        by_seed: the difference of each seed.
        groups: of images that were drawn from.
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


def paired_difference(
    groups: Sequence[str], differences: np.ndarray, draws: int = DRAWS, seed: int = 0
) -> PairedDifference:
    """Compute the mean difference and its percentile interval.

    Each draw takes seeds with replacement, and whole groups of images with replacement, so that
    the interval holds both what another seed and what other test images could change. With few
    seeds it is too narrow rather than too wide, since three seeds can be drawn in ten ways only;
    with one it holds the images alone, and with one group the seeds alone.

    Args:
        groups: of the images, (N,).
        differences: of each seed and image, 1 where only the first row is right, -1 where only
            the second is, (seeds, N).
        draws: how often.
        seed: of the draws.

    Returns:
        The difference.
    """
    _, member = np.unique(np.asarray(groups), return_inverse=True)
    count = int(member.max()) + 1
    sums = np.stack([np.bincount(member, each, minlength=count) for each in differences])
    sizes = np.bincount(member, minlength=count)
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        rows = random.integers(len(sums), size=len(sums))
        columns = random.integers(count, size=count)
        drawn.append(sums[np.ix_(rows, columns)].sum() / (len(rows) * sizes[columns].sum()))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    by_seed = differences.mean(axis=1)
    return PairedDifference(
        float(by_seed.mean()),
        float(low),
        float(high),
        tuple(float(each) for each in by_seed),
        count,
    )
