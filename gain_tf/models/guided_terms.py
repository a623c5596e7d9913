"""The attention terms of a batch: attention mining, and what each annotation asks.

The middle of `GAIN.train_step`: Eq. 3 to 5 put together, and the guidance losses that the settings
list, each from its own file.
"""

import tensorflow as tf

from gain_tf import losses
from gain_tf.attention import zero_maps
from gain_tf.models.attended import Attended
from gain_tf.models.erased import erased_scores
from gain_tf.models.guidance_losses import GUIDANCE_LOSSES
from gain_tf.models.settings import TERMS
from gain_tf.models.term import Term


def guided_terms(seen: Attended) -> dict[str, Term]:
    """Compute the terms that guide attention.

    Args:
        seen: the batch, its attention and its annotation.

    Returns:
        `attention_mining` and a term for each guidance loss, by the names of `TERMS`, as far as
        they are switched on and annotated; and `zero_maps`, the share of maps that are zero
        everywhere.
    """
    terms = {"zero_maps": _share_of_zero_maps(seen)}
    if seen.guidance.mines:
        weights, count = seen.weights(seen.pairs.valid)
        images = tf.gather(seen.images, seen.pairs.image)
        scores = erased_scores(seen.model, seen.guidance, images, seen.maps, seen.pairs.category)
        terms["attention_mining"] = Term(losses.attention_mining(scores, weights), count)
    for name in seen.guidance.guides:
        term = GUIDANCE_LOSSES[name](seen)
        if term is not None:
            terms[TERMS[name]] = term
    return terms


def _share_of_zero_maps(seen: Attended) -> Term:
    count = tf.reduce_sum(seen.pairs.valid)
    dead = tf.reduce_sum(tf.cast(zero_maps(seen.maps), tf.float32) * seen.pairs.valid)
    return Term(tf.math.divide_no_nan(dead, count), count)
