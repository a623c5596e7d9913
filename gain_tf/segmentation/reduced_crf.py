"""The dense CRF on a reduced image: coarser than at full size, and without pydensecrf."""

import numpy as np
import tensorflow as tf

from gain_tf.models.crf import dense_crf
from gain_tf.models.crf_parameters import FULL_SIZE, LEAST_PROBABILITY, CrfParameters

LONGER_SIDE = 64
"""Cells along the longer side by default: 4,096 cells make matrices of 67 MB."""


def refine_reduced(
    image: np.ndarray,
    probabilities: np.ndarray,
    parameters: CrfParameters = FULL_SIZE,
    *,
    longer_side: int = LONGER_SIDE,
) -> np.ndarray:
    """Let the classes of an image follow its coarse edges; see `full_crf.refine`.

    Args:
        image: uint8 RGB (H, W, 3).
        probabilities: of each class, (h, w, C), resized bilinearly and floored at 1e-5.
        parameters: in pixels of the image.
        longer_side: of the reduced image, in cells; time and memory grow with its fourth power.
            An image that is smaller is taken as it is.

    Returns:
        Posterior, float32 (H, W, C), enlarged bilinearly, its sum over classes 1.
    """
    height, width = image.shape[:2]
    factor = max(max(height, width) / longer_side, 1.0)
    cells = max(round(height / factor), 1), max(round(width / factor), 1)
    coarse = tf.image.resize(probabilities[None].astype(np.float32), cells, antialias=True)
    scores = tf.math.log(tf.maximum(coarse, LEAST_PROBABILITY))
    posterior = dense_crf(image[None], scores, parameters.reduced(factor))
    return tf.image.resize(posterior, (height, width))[0].numpy()
