"""Grounds under an open sky, seen from above: each is painted flat and laid into the distance.

A ground is a function of a source of randomness and a side in pixels to float32 (side, side, 3).
The lower edge of the square is at the viewer's feet, the upper edge at the horizon.
"""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.colour import draw_hsv, rgb
from gain_tf.data.synthetic.compositing import dyed, mixed, overlaid, spread
from gain_tf.data.synthetic.noise import FloatImage, fractal_noise, value_noise
from gain_tf.data.synthetic.patterns import coordinates, lines


def water(rng: np.random.Generator, side: int) -> FloatImage:
    """Sea or lake with waves that run across the view, and glitter."""
    shape = (side, side)
    deep = draw_hsv(rng, (0.46, 0.62), (0.35, 0.75), (0.25, 0.5))
    bright = draw_hsv(rng, (0.5, 0.6), (0.1, 0.35), (0.6, 0.9))
    tilt = rng.uniform(-0.12, 0.12)
    waves = np.zeros(shape, np.float32)
    for cell, share in ((0.05, 0.45), (0.018, 0.35), (0.007, 0.2)):
        waves += share * value_noise(rng, shape, cell * side, stretch=4.0, angle=tilt)
    crests = 1.0 - 2.0 * np.abs(waves - 0.5)
    image = mixed(deep, bright, np.clip(2.2 * (crests - 0.55), 0.0, 0.9))
    glitter = np.clip(9.0 * (value_noise(rng, shape, 0.008 * side, stretch=3.0) - 0.88), 0.0, 1.0)
    return image + spread(np.float32(rng.uniform(0.2, 0.9)) * glitter * (crests > 0.7))


def road(rng: np.random.Generator, side: int) -> FloatImage:
    """Asphalt, worn and patched, with lane markings."""
    shape = (side, side)
    base = draw_hsv(rng, (0.55, 0.7), (0.0, 0.08), (0.3, 0.5))
    grit = value_noise(rng, shape, 0.004 * side) - 0.5
    wear = fractal_noise(rng, shape, 0.2 * side, stretch=3.0, angle=np.pi / 2) - 0.5
    image = dyed(base, 1.0 + 0.3 * grit + 0.35 * wear)
    along, across = coordinates(side, np.pi / 2)
    shift = np.float32(rng.uniform(-0.2, 0.2))
    stripe = lines(across + shift, rng.uniform(0.45, 0.6), 0.02, side)
    if rng.random() < 0.6:
        stripe *= np.mod(along * 6.0 + rng.random(), 1.0) < 0.55
    paint = rgb(0.85, 0.85, 0.8) if rng.random() < 0.7 else rgb(0.85, 0.68, 0.2)
    worn = np.clip(0.6 + wear + grit, 0.0, 1.0)
    return overlaid(image, dyed(paint, np.ones(shape, np.float32)), stripe * worn)


def meadow(rng: np.random.Generator, side: int) -> FloatImage:
    """Grass in tufts, with flowers now and then."""
    shape = (side, side)
    fresh = draw_hsv(rng, (0.2, 0.3), (0.45, 0.75), (0.45, 0.7))
    dry = draw_hsv(rng, (0.13, 0.22), (0.35, 0.6), (0.4, 0.65))
    patches = fractal_noise(rng, shape, 0.25 * side)
    image = mixed(fresh, dry, np.clip(3.0 * (patches - 0.4), 0.0, 1.0))
    blades = value_noise(rng, shape, 0.004 * side, stretch=5.0, angle=np.pi / 2) - 0.5
    tufts = fractal_noise(rng, shape, 0.03 * side) - 0.5
    image *= spread(1.0 + 0.8 * blades + 0.8 * tufts)
    if rng.random() < 0.5:
        dots = np.clip(12.0 * (value_noise(rng, shape, 0.007 * side) - 0.9), 0.0, 1.0)
        flower = draw_hsv(rng, (0.1, 0.2), (0.0, 0.8), (0.85, 1.0))
        image = overlaid(image, dyed(flower, np.ones(shape, np.float32)), dots)
    return image


def sand(rng: np.random.Generator, side: int) -> FloatImage:
    """Beach or desert, with ripples and hollows."""
    shape = (side, side)
    base = draw_hsv(rng, (0.07, 0.13), (0.2, 0.45), (0.65, 0.9))
    dunes = fractal_noise(rng, shape, 0.2 * side, stretch=2.0) - 0.5
    bend = value_noise(rng, shape, 0.15 * side)
    _, across = coordinates(side, rng.uniform(-0.5, 0.5))
    ripples = np.sin(np.float32(rng.uniform(120.0, 260.0)) * across + 9.0 * bend)
    grain = value_noise(rng, shape, 0.004 * side) - 0.5
    return dyed(base, 1.0 + 0.35 * dunes + 0.08 * ripples + 0.25 * grain)


def snow(rng: np.random.Generator, side: int) -> FloatImage:
    """Snow, drifted, with bluish hollows."""
    shape = (side, side)
    light = draw_hsv(rng, (0.55, 0.65), (0.0, 0.06), (0.85, 0.95))
    hollow = draw_hsv(rng, (0.57, 0.66), (0.15, 0.3), (0.6, 0.78))
    drifts = fractal_noise(rng, shape, 0.25 * side, stretch=2.5)
    crust = value_noise(rng, shape, 0.006 * side) - 0.5
    return mixed(light, hollow, np.clip(2.2 * (drifts - 0.4) + 0.3 * crust, 0.0, 1.0))


def soil(rng: np.random.Generator, side: int) -> FloatImage:
    """Ploughed or bare earth with stones."""
    shape = (side, side)
    base = draw_hsv(rng, (0.03, 0.09), (0.3, 0.55), (0.3, 0.5))
    clods = fractal_noise(rng, shape, 0.04 * side) - 0.5
    bend = value_noise(rng, shape, 0.2 * side)
    _, across = coordinates(side, np.pi / 2 + rng.uniform(-0.15, 0.15))
    furrows = np.sin(np.float32(rng.uniform(50.0, 90.0)) * across + 3.0 * bend)
    image = dyed(base, 1.0 + 0.9 * clods + np.float32(rng.uniform(0.0, 0.25)) * furrows)
    stones = np.clip(9.0 * (value_noise(rng, shape, 0.01 * side) - 0.88), 0.0, 1.0)
    grey = dyed(rgb(0.6, 0.57, 0.53), 1.0 + clods)
    return overlaid(image, grey, stones)
