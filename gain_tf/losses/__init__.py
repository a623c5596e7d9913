"""The loss terms, one formula a file: pure functions, with a Keras class where Keras needs it."""

from gain_tf.losses.attention_mining import attention_mining
from gain_tf.losses.box import box_attention, foreground_prior
from gain_tf.losses.classification import (
    Classification,
    multi_label_soft_margin,
    softmax_cross_entropy,
)
from gain_tf.losses.constrain import Constrain, constrain
from gain_tf.losses.energy import energy
from gain_tf.losses.evidence import evidence
from gain_tf.losses.expand import Expand, expand
from gain_tf.losses.pixel import pixel_attention
from gain_tf.losses.pixel_cross_entropy import PixelCrossEntropy, pixel_cross_entropy
from gain_tf.losses.revive import revive
from gain_tf.losses.rrr import rrr
from gain_tf.losses.seed import Seed, seed

__all__ = [
    "Classification",
    "Constrain",
    "Expand",
    "PixelCrossEntropy",
    "Seed",
    "attention_mining",
    "box_attention",
    "constrain",
    "energy",
    "evidence",
    "expand",
    "foreground_prior",
    "multi_label_soft_margin",
    "pixel_attention",
    "pixel_cross_entropy",
    "revive",
    "rrr",
    "seed",
    "softmax_cross_entropy",
]
