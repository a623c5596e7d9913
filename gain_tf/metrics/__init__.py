"""Figures of attention, of verdicts and of segmentation: pure functions in NumPy."""

from gain_tf.metrics.attention import (
    cue_confusion,
    energy_in_mask,
    intersection_over_union,
    pointing_game,
)
from gain_tf.metrics.calibration import Calibration, calibration
from gain_tf.metrics.faithfulness import area_under_curve, replaced_stepwise
from gain_tf.metrics.object_size import SIZES, size_of
from gain_tf.metrics.rejection import accuracy_when_rejecting
from gain_tf.metrics.segmentation import (
    PixelConfusion,
    SegmentationFigures,
    mean_intersection_over_union,
    pixel_confusion,
    segmentation_figures,
)
from gain_tf.metrics.worst_group import worst_group

__all__ = [
    "SIZES",
    "Calibration",
    "PixelConfusion",
    "SegmentationFigures",
    "accuracy_when_rejecting",
    "area_under_curve",
    "calibration",
    "cue_confusion",
    "energy_in_mask",
    "intersection_over_union",
    "mean_intersection_over_union",
    "pixel_confusion",
    "pointing_game",
    "replaced_stepwise",
    "segmentation_figures",
    "size_of",
    "worst_group",
]
