"""Does the score hang on what a map says it hangs on? Deletion and insertion.

Source: Petsiuk, Das and Saenko, "RISE: Randomized Input Sampling for Explanation of Black-box
Models", 2018, Section 4.3.
"""

import numpy as np

STEPS = 16
"""In which all pixels of an image are replaced, as many in each."""


def replaced_stepwise(
    image: np.ndarray, by: np.ndarray, attention: np.ndarray, steps: int = STEPS, seed: int = 0
) -> np.ndarray:
    """Replace the pixels of an image by those of another, the most attended first.

    Deletion replaces the image by an empty one, insertion an empty one by the image.

    Args:
        image: (H, W, 3).
        by: broadcasts against the image.
        attention: (H, W); equal values come in random order, so that a map that is zero
            everywhere is as good as chance.
        steps: in which all pixels are replaced.
        seed: of the random order.

    Returns:
        (steps + 1, H, W, 3), float32: the image first, its replacement last.
    """
    pixels = attention.size
    shuffled = np.random.default_rng(seed).permutation(pixels)
    order = shuffled[np.argsort(-attention.ravel()[shuffled], kind="stable")]
    rank = np.empty(pixels, int)
    rank[order] = np.arange(pixels)
    replaced = np.round(np.linspace(0, pixels, steps + 1))
    gone = rank.reshape(attention.shape)[None] < replaced[:, None, None]
    return np.where(gone[..., None], by, image).astype(np.float32)


def area_under_curve(scores: np.ndarray) -> float:
    """Average a score over the share of replaced pixels, by trapezoids.

    Args:
        scores: at equal steps from nothing replaced to everything, (steps + 1,).

    Returns:
        In [0, 1] for probabilities. For deletion less is better, for insertion more.
    """
    return float((scores[:-1] + scores[1:]).mean() / 2)
