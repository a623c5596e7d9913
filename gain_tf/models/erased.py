"""The scores that are left when the attended region is erased (Eq. 3 and 4)."""

import tensorflow as tf

from gain_tf.attention import erase
from gain_tf.models.classifier import AttentiveClassifier
from gain_tf.models.fill import fill_for
from gain_tf.models.settings import GuidanceSettings


def erased_scores(
    model: AttentiveClassifier,
    guidance: GuidanceSettings,
    images: tf.Tensor,
    maps: tf.Tensor,
    classes: tf.Tensor,
) -> tf.Tensor:
    """Compute `s^c(I*^c)` of each pair.

    In inference mode: erased images must not enter the moving statistics of batch norm.

    Args:
        model: whose scores are asked.
        guidance: threshold, slope and what is erased to.
        images: one image a pair, (P, H, W, 3).
        maps: normalised attention, (P, h, w), in [0, 1].
        classes: of the pairs, (P,), integers.

    Returns:
        Probabilities, (P,).
    """
    fill = fill_for(images, guidance.erase_to, model.mean_colour)
    erased = erase(images, maps, sigma=guidance.sigma, slope=guidance.slope, fill=fill)
    scores = model.probabilities(model.logits(erased, training=False))
    return tf.gather(scores, classes, batch_dims=1)
