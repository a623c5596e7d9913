"""L_am: what is left of the image must not look like the class any more (Eq. 5).

Source: Li et al., "Guided Attention Inference Network", Eq. 5.
"""

import tensorflow as tf

from gain_tf.losses.reduction import weighted_sum


def attention_mining(scores: tf.Tensor, weights: tf.Tensor | None = None) -> tf.Tensor:
    """Score of each class on the image from which its attention was erased.

    `L_am = (1/n) sum_c s^c(I*^c)`, averaged over the images that have a class.

    Args:
        scores: `s^c(I*^c)` of each pair, (P,), probabilities in [0, 1]. Logits are unbounded
            below, and training on them diverges.
        weights: of the pairs, (P,), see `gain_tf.attention.pair_weights`; None weighs all alike.

    Returns:
        Scalar, in [0, 1] for probabilities.
    """
    return weighted_sum(scores, weights)
