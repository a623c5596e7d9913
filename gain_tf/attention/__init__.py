"""Attention as part of the computation: Eq. 1 to 4 as pure functions on tensors."""

from gain_tf.attention.grad_cam import attention_map, channel_weights, class_evidence, grad_cam
from gain_tf.attention.grid import area_average, box_coverage
from gain_tf.attention.input_gradient import log_probability_gradient
from gain_tf.attention.masking import erase, normalise, soft_threshold, zero_maps
from gain_tf.attention.pairs import Pairs, images_carrying, pair_weights, pairs_of
from gain_tf.attention.saliency import gradient_saliency

__all__ = [
    "Pairs",
    "area_average",
    "attention_map",
    "box_coverage",
    "channel_weights",
    "class_evidence",
    "erase",
    "grad_cam",
    "gradient_saliency",
    "images_carrying",
    "log_probability_gradient",
    "normalise",
    "pair_weights",
    "pairs_of",
    "soft_threshold",
    "zero_maps",
]
