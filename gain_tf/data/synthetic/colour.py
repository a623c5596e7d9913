"""Colours drawn from ranges, never from fixed lists alone, so that no single colour is a cue."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np

from gain_tf.data.synthetic.noise import FloatImage

Range = tuple[float, float]


def rgb(red: float, green: float, blue: float) -> FloatImage:
    """Colour as float32 (3,), components in [0, 1]."""
    return np.array([red, green, blue], np.float32)


def hsv(hue: float, saturation: float, value: float) -> FloatImage:
    """Colour from hue (turns, wrapped), saturation and value in [0, 1]; float32 (3,)."""
    return rgb(*colorsys.hsv_to_rgb(hue % 1.0, saturation, value))


def draw_hsv(rng: np.random.Generator, hue: Range, saturation: Range, value: Range) -> FloatImage:
    """Colour drawn uniformly from a box in hue (turns), saturation and value; float32 (3,)."""
    return hsv(rng.uniform(*hue), rng.uniform(*saturation), rng.uniform(*value))


def draw_from(rng: np.random.Generator, boxes: Sequence[tuple[Range, Range, Range]]) -> FloatImage:
    """Colour from one of several (hue, saturation, value) boxes, each as likely; float32 (3,)."""
    return draw_hsv(rng, *boxes[int(rng.integers(len(boxes)))])
