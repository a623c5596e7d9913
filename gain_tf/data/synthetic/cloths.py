"""Textile surfaces of an office: fine cloth with folds, and coarse weave."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.colour import draw_from, draw_hsv
from gain_tf.data.synthetic.compositing import mixed, spread
from gain_tf.data.synthetic.noise import (
    FloatImage,
    fractal_noise,
    value_noise,
)
from gain_tf.data.synthetic.patterns import coordinates

_ANY_HUE = (0.0, 1.0)


def fabric(rng: np.random.Generator, side: int) -> FloatImage:
    """Cloth with a fine twill, soft folds, at times stripes; float32 (side, side, 3)."""
    shape = (side, side)
    angle = rng.uniform(0.0, np.pi)
    base = draw_from(
        rng,
        [
            (_ANY_HUE, (0.05, 0.3), (0.5, 0.85)),
            (_ANY_HUE, (0.2, 0.6), (0.25, 0.65)),
            ((0.55, 0.68), (0.3, 0.6), (0.25, 0.55)),
            ((0.04, 0.14), (0.1, 0.4), (0.4, 0.8)),
        ],
    )
    along, across = coordinates(side, angle)
    pitch = rng.uniform(0.009, 0.017)
    slope = np.float32(rng.uniform(0.3, 1.2))
    twill = np.sin(np.float32(2.0 * np.pi / pitch) * (along + slope * across))
    warp = value_noise(rng, shape, 0.006 * side, stretch=14.0, angle=angle) - 0.5
    weft = value_noise(rng, shape, 0.006 * side, stretch=14.0, angle=angle + np.pi / 2) - 0.5
    tone = 1.0 + np.float32(rng.uniform(0.08, 0.2)) * twill + 0.45 * (warp + weft)
    second, stripes = base, np.zeros(shape, np.float32)
    if rng.random() < 0.35:
        second = draw_hsv(rng, _ANY_HUE, (0.1, 0.5), (0.25, 0.85))
        wide = rng.uniform(0.06, 0.2)
        stripes = np.clip(4.0 * np.sin(np.float32(2.0 * np.pi / wide) * across) - 1.0, 0.0, 1.0)
        if rng.random() < 0.5:
            checks = np.clip(4.0 * np.sin(np.float32(2.0 * np.pi / wide) * along) - 1.0, 0.0, 1.0)
            stripes = 0.5 * (stripes + checks)
    turn = rng.uniform(0.0, np.pi)
    folds = fractal_noise(rng, shape, 0.22 * side, octaves=2, stretch=2.5, angle=turn)
    slope_x = np.gradient(folds, axis=1) * np.float32(side)
    tone += np.float32(rng.uniform(0.03, 0.09)) * np.clip(slope_x, -3.0, 3.0)
    return mixed(base, second, 0.7 * stripes) * spread(np.clip(tone, 0.2, 1.6))


def weave(rng: np.random.Generator, side: int) -> FloatImage:
    """Coarse over-and-under weave: rattan, carbon fibre, mats; float32 (side, side, 3)."""
    shape = (side, side)
    angle = rng.uniform(0.0, np.pi)
    boxes = [
        ((0.06, 0.12), (0.25, 0.6), (0.4, 0.85)),
        (_ANY_HUE, (0.0, 0.15), (0.15, 0.8)),
        (_ANY_HUE, (0.2, 0.5), (0.3, 0.7)),
    ]
    first = draw_from(rng, boxes)
    second = first * rng.uniform(0.7, 1.0) if rng.random() < 0.6 else draw_from(rng, boxes)
    along, across = coordinates(side, angle)
    pitch = rng.uniform(0.03, 0.075)
    along = along / np.float32(pitch) + 64.0
    across = across / np.float32(pitch * rng.uniform(0.8, 1.25)) + 64.0
    column, row = np.floor(along), np.floor(across)
    # Two over, two under makes a twill; one and one a plain basket.
    period = int(rng.choice([2, 2, 4]))
    over = np.mod(column + row, period) < period / 2
    u, v = along - column - 0.5, across - row - 0.5
    width = np.where(over, v, u)
    length = np.where(over, u, v)
    gap = rng.uniform(3.6, 4.0)
    shade = np.sqrt(np.clip(1.0 - np.float32(gap) * width * width, 0.0, 1.0))
    shade *= 1.0 - 1.3 * length * length
    warp = value_noise(rng, shape, 0.006 * side, stretch=12.0, angle=angle) - 0.5
    weft = value_noise(rng, shape, 0.006 * side, stretch=12.0, angle=angle + np.pi / 2) - 0.5
    strand = rng.random((2, 160), dtype=np.float32) - 0.5
    index = np.where(over, row, column).astype(np.int32)
    tone = (0.22 + 0.85 * shade) * (
        1.0
        + 0.6 * np.where(over, warp, weft)
        + 0.35 * np.where(over, strand[0][index], strand[1][index])
    )
    return mixed(first, second, over.astype(np.float32)) * spread(tone)
