"""Metal: sheets and machine tables, and the finish of machined parts."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.colour import draw_from
from gain_tf.data.synthetic.compositing import dyed, overlaid, spread
from gain_tf.data.synthetic.noise import (
    FloatImage,
    fractal_noise,
    value_noise,
)
from gain_tf.data.synthetic.patterns import coordinates, lines


def brushed(
    rng: np.random.Generator,
    shape: tuple[int, int],
    side: int,
    colour: FloatImage,
    *,
    angle: float,
    roughness: float,
) -> FloatImage:
    """Metal brushed along `angle`.

    Args:
        rng: source of randomness.
        shape: rows and columns of the piece in pixels.
        side: pixels along the plane, the unit of the texture.
        colour: float32 (3,).
        angle: of the brushing, radians.
        roughness: amplitude of the streaks, relative to the colour.

    Returns:
        float32 (rows, columns, 3).
    """
    fine = value_noise(rng, shape, 0.0035 * side, stretch=45.0, angle=angle)
    coarse = value_noise(rng, shape, 0.012 * side, stretch=25.0, angle=angle)
    # What a dull mirror shows of the room: broad bands across the brushing.
    room = value_noise(rng, shape, 0.35 * side, stretch=1.5, angle=angle + np.pi / 2)
    tone = 0.6 * fine + 0.4 * coarse - 0.5
    tone = 1.0 + np.float32(2.0 * roughness) * tone + 0.5 * (room - 0.5)
    return dyed(colour, tone)


def machine_bed(rng: np.random.Generator, side: int) -> FloatImage:
    """Bed of a machine: brushed, turned, slotted or painted metal, stained; (side, side, 3)."""
    shape = (side, side)
    angle = rng.uniform(0.0, np.pi)
    steel = draw_from(
        rng,
        [
            ((0.5, 0.65), (0.0, 0.12), (0.5, 0.95)),
            ((0.06, 0.14), (0.02, 0.2), (0.5, 0.9)),
        ],
    )
    kind = int(rng.integers(4))
    if kind == 3:
        paint = draw_from(
            rng,
            [
                ((0.3, 0.62), (0.05, 0.45), (0.4, 0.8)),
                ((0.05, 0.15), (0.05, 0.35), (0.5, 0.85)),
                ((0.0, 1.0), (0.0, 0.08), (0.4, 0.85)),
            ],
        )
        skin = fractal_noise(rng, shape, 0.02 * side, octaves=2)
        image = dyed(paint, 0.75 + 0.5 * skin)
        chipped = np.clip(14.0 * (fractal_noise(rng, shape, 0.09 * side) - 0.68), 0.0, 1.0)
        image = overlaid(image, dyed(0.8 * steel, np.ones(shape, np.float32)), chipped)
    else:
        image = brushed(rng, shape, side, steel, angle=angle, roughness=rng.uniform(0.1, 0.3))
    if kind == 1:
        centre = rng.uniform(-0.8, 0.8, 2).astype(np.float32)
        x, y = coordinates(side, 0.0)
        radius = np.hypot(x - centre[0], y - centre[1])
        cut = np.sin(np.float32(2.0 * np.pi / rng.uniform(0.01, 0.025)) * radius)
        image *= spread(1.0 + 0.12 * cut)
    if kind == 2:
        _, across = coordinates(side, angle)
        spacing = rng.uniform(0.22, 0.45)
        width = rng.uniform(0.03, 0.06)
        across = across + np.float32(rng.random() * spacing)
        groove = lines(across, spacing, width, side)
        lip = lines(across - np.float32(0.5 * width), spacing, 0.008, side)
        image = image * spread(1.0 - 0.75 * groove) + spread(0.2 * lip)
    oil = np.clip(5.0 * (fractal_noise(rng, shape, 0.2 * side) - 0.55), 0.0, 1.0)
    image *= spread(1.0 - np.float32(rng.uniform(0.0, 0.45)) * oil)
    scratches = value_noise(rng, shape, 0.004 * side, stretch=70.0, angle=rng.uniform(0.0, np.pi))
    return image + spread(0.9 * np.clip(scratches - 0.88, 0.0, 1.0))
