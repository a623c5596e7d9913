"""Surfaces of an office: each family varies in colour, grain and scale, not in kind."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.colour import draw_from, draw_hsv, rgb
from gain_tf.data.synthetic.compositing import mixed, overlaid, spread
from gain_tf.data.synthetic.noise import (
    FloatImage,
    fractal_noise,
    value_noise,
)
from gain_tf.data.synthetic.patterns import coordinates, lines

_ANY_HUE = (0.0, 1.0)


def wood(rng: np.random.Generator, side: int) -> FloatImage:
    """Wooden table, pale to dark, with or without boards; float32 (side, side, 3)."""
    angle = rng.uniform(0.0, np.pi)
    shape = (side, side)
    light = draw_from(
        rng,
        [
            ((0.06, 0.11), (0.25, 0.5), (0.6, 0.88)),
            ((0.03, 0.08), (0.4, 0.65), (0.35, 0.6)),
            ((0.05, 0.12), (0.04, 0.18), (0.45, 0.85)),
        ],
    )
    dark = light * rng.uniform(0.5, 0.8) * rgb(1.0, 0.93, 0.85)
    _, across = coordinates(side, angle)
    bend = fractal_noise(rng, shape, 0.3 * side, octaves=2, stretch=3.0, angle=angle)
    rings = rng.uniform(6.0, 22.0) * across + rng.uniform(2.0, 7.0) * bend
    board = np.zeros(shape, np.float32)
    if rng.random() < 0.5:
        width = rng.uniform(0.16, 0.4)
        number = np.floor(across / np.float32(width)).astype(np.int32) + 12
        tones = rng.random((2, 32), dtype=np.float32)
        rings += 9.0 * tones[0][number]
        board = np.float32(0.28) * (tones[1][number] - 0.5)
        gap = lines(across + np.float32(0.5 * width), width, rng.uniform(0.004, 0.008), side)
    else:
        gap = None
    phase = rings - np.floor(rings)
    # Early wood fades slowly into late wood, which ends abruptly: a saw tooth, not a wave.
    tone = 0.55 * phase * phase * np.clip((1.0 - phase) * 8.0, 0.0, 1.0)
    tone += 0.4 * value_noise(rng, shape, 0.006 * side, stretch=30.0, angle=angle)
    tone += 0.3 * value_noise(rng, shape, 0.003 * side, stretch=12.0, angle=angle) - 0.15
    image = mixed(light, dark, np.clip(tone + board, 0.0, 1.2))
    return image if gap is None else image * spread(1.0 - 0.7 * gap)


def cutting_mat(rng: np.random.Generator, side: int) -> FloatImage:
    """Rubber mat with a printed grid, worn and scratched; float32 (side, side, 3)."""
    angle = rng.uniform(0.0, np.pi)
    shape = (side, side)
    base = draw_from(
        rng,
        [
            ((0.3, 0.48), (0.3, 0.8), (0.2, 0.55)),
            ((0.52, 0.7), (0.3, 0.75), (0.25, 0.6)),
            (_ANY_HUE, (0.0, 0.15), (0.12, 0.6)),
            ((0.75, 1.05), (0.25, 0.55), (0.35, 0.7)),
        ],
    )
    ink = np.clip(base + rng.uniform(0.16, 0.42), 0.0, 1.0) * rgb(1.0, 1.0, rng.uniform(0.6, 1.0))
    if base.mean() > 0.5 and rng.random() < 0.5:
        ink = base * 0.45
    along, across = coordinates(side, angle)
    shift = rng.random(2).astype(np.float32)
    along, across = along + shift[0], across + shift[1]
    spacing = rng.uniform(0.06, 0.15)
    thin = rng.uniform(0.003, 0.005)
    grid = np.maximum(lines(along, spacing, thin, side), lines(across, spacing, thin, side))
    if rng.random() < 0.5:
        fine = spacing / 5.0
        minor = np.maximum(lines(along, fine, thin, side), lines(across, fine, thin, side))
        grid = np.maximum(grid, rng.uniform(0.15, 0.4) * minor)
    if rng.random() < 0.5:
        slant = np.float32(rng.choice([0.577, 1.0, 1.732]))
        grid = np.maximum(grid, 0.8 * lines(across - slant * along, spacing * 5, thin * 1.5, side))
    wear = fractal_noise(rng, shape, 0.25 * side)
    image = mixed(base, ink, grid * np.clip(0.35 + wear, 0.0, 1.0))
    speckle = value_noise(rng, shape, 0.004 * side) - 0.5
    scratch_angle = rng.uniform(0.0, np.pi)
    scratches = value_noise(rng, shape, 0.004 * side, stretch=60.0, angle=scratch_angle)
    tone = 1.0 + 0.22 * speckle + 0.3 * (wear - 0.5)
    return image * spread(tone) + spread(0.5 * np.clip(scratches - 0.85, 0.0, 1.0))


def paper(rng: np.random.Generator, side: int) -> FloatImage:
    """Sheets of paper: blank, ruled, squared or printed, creased; float32 (side, side, 3)."""
    shape = (side, side)
    image = _sheet(rng, side, rng.uniform(0.0, np.pi))
    for _ in range(int(rng.integers(1, 3))):
        angle = rng.uniform(0.0, 2.0 * np.pi)
        _, across = coordinates(side, angle)
        edge = (across - np.float32(rng.uniform(-0.3, 0.45))) * side
        shadow = np.exp(-np.clip(-edge, 0.0, None) / np.float32(0.012 * side))
        image = image * spread(1.0 - 0.4 * shadow)
        image = overlaid(image, _sheet(rng, side, angle), np.clip(edge, 0.0, 1.0))
    crease = fractal_noise(rng, shape, 0.5 * side, octaves=2)
    fold = np.abs(crease - 0.5)
    tone = 0.9 + 0.25 * fold + 0.05 * value_noise(rng, shape, 0.004 * side)
    return image * spread(tone)


def _sheet(rng: np.random.Generator, side: int, angle: float) -> FloatImage:
    base = draw_from(
        rng,
        [
            ((0.05, 0.15), (0.0, 0.08), (0.78, 0.95)),
            ((0.1, 0.16), (0.1, 0.5), (0.75, 0.92)),
            ((0.06, 0.1), (0.3, 0.5), (0.5, 0.75)),
            (_ANY_HUE, (0.05, 0.25), (0.65, 0.92)),
            ((0.5, 0.7), (0.1, 0.5), (0.4, 0.75)),
        ],
    )
    ink = draw_hsv(rng, (0.5, 1.1), (0.1, 0.7), (0.1, 0.6)) if base.mean() > 0.5 else base + 0.4
    along, across = coordinates(side, angle)
    kind = int(rng.integers(4))
    if kind == 0:
        print_ = np.zeros((side, side), np.float32)
    elif kind == 1:
        print_ = 0.5 * lines(across, rng.uniform(0.035, 0.07), 0.004, side)
    elif kind == 2:
        step = rng.uniform(0.025, 0.05)
        print_ = 0.4 * np.maximum(lines(along, step, 0.003, side), lines(across, step, 0.003, side))
    else:
        step = rng.uniform(0.02, 0.04)
        row = lines(across, step, 0.42 * step, side)
        letters = value_noise(rng, (side, side), 0.006 * side, angle=angle)
        words = value_noise(rng, (side, side), 0.7 * step * side, stretch=3.0, angle=angle)
        print_ = (
            row * np.clip(5.0 * (letters - 0.3), 0.0, 1.0) * np.clip(8.0 * (words - 0.3), 0.0, 1.0)
        )
    return mixed(base, np.clip(ink, 0.0, 1.0), 0.85 * print_)
