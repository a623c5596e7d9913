"""The attention terms of a batch: attention, erased image, and what each annotation asks.

The middle of `GAIN.train_step`: Eq. 1 to 5, 7 and 9 put together, each from its own file.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from gain_tf import losses
from gain_tf.attention import (
    Pairs,
    area_average,
    erase,
    grad_cam,
    images_carrying,
    normalise,
    pair_weights,
    zero_maps,
)
from gain_tf.models.classifier import AttentiveClassifier, Example
from gain_tf.models.fill import fill_for
from gain_tf.models.settings import GuidanceSettings
from gain_tf.models.targets import Target, box_target, mask_target


class Term(NamedTuple):
    """A loss term of a batch: its value, and the number of images (or pairs) it averages over."""

    value: tf.Tensor
    carriers: tf.Tensor


def guided_terms(
    model: AttentiveClassifier,
    guidance: GuidanceSettings,
    example: Example,
    features: tf.Tensor,
    pairs: Pairs,
    sample_weight: tf.Tensor | None = None,
) -> dict[str, Term]:
    """Compute the terms that guide attention.

    Args:
        model: scores the erased images, with the weights that are being trained.
        guidance: which terms, and the choices of Eq. 1 to 9.
        example: images (B, H, W, 3) and what annotation there is.
        features: of the images, (B, h, w, K).
        pairs: whose maps are computed.
        sample_weight: of each image, (B,).

    Returns:
        `attention_mining`, `pixel_attention` and `box_attention` as far as they are switched on
        and annotated, and `zero_maps`, the share of maps that are zero everywhere.
    """
    images = model.images_of(example)
    batch = tf.shape(images)[0]
    raw = grad_cam(
        tf.gather(features, pairs.image),
        model.head,
        pairs.category,
        weight_gradient=guidance.weight_gradient,
    )
    maps = normalise(raw, guidance.normalise)
    height, width = tf.shape(maps)[1], tf.shape(maps)[2]

    def weights_of(carried: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        weights = pair_weights(pairs, carried, batch, sample_weight)
        return weights, images_carrying(pairs, carried, batch)

    terms = {"zero_maps": _share_of_zero_maps(maps, pairs)}
    if guidance.mines:
        scores = _erased_scores(model, guidance, images, maps, pairs)
        weights, count = weights_of(pairs.valid)
        terms["attention_mining"] = Term(losses.attention_mining(scores, weights), count)
    if guidance.uses_masks and "mask" in example:
        target: Target = mask_target(example, pairs, height, width)
        weights, count = weights_of(target.carried)
        distance = losses.pixel_attention(maps, target.value, weights, known=target.known)
        terms["pixel_attention"] = Term(distance, count)
    if guidance.uses_boxes and "boxes" in example:
        target = box_target(example, pairs, height, width)
        weights, count = weights_of(target.carried)
        saliency = _saliency(guidance, example, maps, pairs)
        distance = losses.box_attention(maps, target.value, saliency, weights)
        terms["box_attention"] = Term(distance, count)
    return terms


def _erased_scores(
    model: AttentiveClassifier,
    guidance: GuidanceSettings,
    images: tf.Tensor,
    maps: tf.Tensor,
    pairs: Pairs,
) -> tf.Tensor:
    """Eq. 3 and 4, then `s^c(I*^c)` of each pair: (P,).

    In inference mode: erased images must not enter the moving statistics of batch norm.
    """
    images = tf.gather(images, pairs.image)
    fill = fill_for(images, guidance.erase_to, model.mean_colour)
    erased = erase(images, maps, sigma=guidance.sigma, slope=guidance.slope, fill=fill)
    logits = model.head(model.features_of(erased, training=False), training=False)
    return tf.gather(model.probabilities(logits), pairs.category, batch_dims=1)


def _saliency(
    guidance: GuidanceSettings, example: Mapping[str, tf.Tensor], maps: tf.Tensor, pairs: Pairs
) -> tf.Tensor | None:
    """S of Eq. 9 at the resolution of the maps: the example's own, or the box prior."""
    if "saliency" in example:
        saliency = tf.gather(tf.cast(example["saliency"], maps.dtype), pairs.image)
        return area_average(saliency, tf.shape(maps)[1], tf.shape(maps)[2])
    return tf.stop_gradient(maps) if guidance.box_prior == "free" else None


def _share_of_zero_maps(maps: tf.Tensor, pairs: Pairs) -> Term:
    count = tf.reduce_sum(pairs.valid)
    dead = tf.reduce_sum(tf.cast(zero_maps(maps), tf.float32) * pairs.valid)
    return Term(tf.math.divide_no_nan(dead, count), count)
