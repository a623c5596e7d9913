"""Figures of attention: how much of it is where the object is."""

from gain_tf.metrics.attention import (
    cue_confusion,
    energy_in_mask,
    intersection_over_union,
    pointing_game,
)
from gain_tf.metrics.segmentation import mean_intersection_over_union

__all__ = [
    "cue_confusion",
    "energy_in_mask",
    "intersection_over_union",
    "mean_intersection_over_union",
    "pointing_game",
]
