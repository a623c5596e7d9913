"""Figures of attention, how much of it is where the object is, and of segmentation."""

from gain_tf.metrics.attention import (
    cue_confusion,
    energy_in_mask,
    intersection_over_union,
    pointing_game,
)
from gain_tf.metrics.segmentation import (
    PixelConfusion,
    SegmentationFigures,
    mean_intersection_over_union,
    pixel_confusion,
    segmentation_figures,
)

__all__ = [
    "PixelConfusion",
    "SegmentationFigures",
    "cue_confusion",
    "energy_in_mask",
    "intersection_over_union",
    "mean_intersection_over_union",
    "pixel_confusion",
    "pointing_game",
    "segmentation_figures",
]
