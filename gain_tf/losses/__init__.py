"""The loss terms, one formula a file: pure functions, with a Keras class where Keras needs it."""

from gain_tf.losses.attention_mining import attention_mining
from gain_tf.losses.box import box_attention
from gain_tf.losses.classification import (
    Classification,
    multi_label_soft_margin,
    softmax_cross_entropy,
)
from gain_tf.losses.pixel import pixel_attention

__all__ = [
    "Classification",
    "attention_mining",
    "box_attention",
    "multi_label_soft_margin",
    "pixel_attention",
    "softmax_cross_entropy",
]
