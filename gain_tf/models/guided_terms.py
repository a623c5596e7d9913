"""The attention terms of a batch: attention mining, and what each annotation asks.

The middle of `GAIN.train_step`: Eq. 3 to 5 put together, and the guidance losses that the settings
list, each from its own file.
"""

import tensorflow as tf

from gain_tf import losses
from gain_tf.attention import erase, zero_maps
from gain_tf.models.attended import Attended
from gain_tf.models.fill import fill_for
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
        mined = losses.attention_mining(_erased_scores(seen), weights)
        terms["attention_mining"] = Term(mined, count)
    for name in seen.guidance.guides:
        term = GUIDANCE_LOSSES[name](seen)
        if term is not None:
            terms[TERMS[name]] = term
    return terms


def _erased_scores(seen: Attended) -> tf.Tensor:
    """Eq. 3 and 4, then `s^c(I*^c)` of each pair: (P,).

    In inference mode: erased images must not enter the moving statistics of batch norm.
    """
    model, guidance = seen.model, seen.guidance
    images = tf.gather(seen.images, seen.pairs.image)
    fill = fill_for(images, guidance.erase_to, model.mean_colour)
    erased = erase(images, seen.maps, sigma=guidance.sigma, slope=guidance.slope, fill=fill)
    scores = model.probabilities(model.logits(erased, training=False))
    return tf.gather(scores, seen.pairs.category, batch_dims=1)


def _share_of_zero_maps(seen: Attended) -> Term:
    count = tf.reduce_sum(seen.pairs.valid)
    dead = tf.reduce_sum(tf.cast(zero_maps(seen.maps), tf.float32) * seen.pairs.valid)
    return Term(tf.math.divide_no_nan(dead, count), count)
