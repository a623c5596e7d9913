"""A toy block: any outline, cut from wood, metal, plastic, stone or felt."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.block_outlines import Contours
from gain_tf.data.synthetic.cloths import fabric
from gain_tf.data.synthetic.colour import draw_hsv
from gain_tf.data.synthetic.compositing import dyed, mixed, spread
from gain_tf.data.synthetic.desks import wood
from gain_tf.data.synthetic.drawing import Plane, Window, bevel_height
from gain_tf.data.synthetic.light import relief
from gain_tf.data.synthetic.metals import brushed
from gain_tf.data.synthetic.noise import FloatImage, fractal_noise, value_noise
from gain_tf.data.synthetic.slab import paint, set_down

_ANY_HUE = (0.0, 1.0)


def draw_block(
    rng: np.random.Generator,
    plane: Plane,
    contours: Contours,
    thickness: float,
    lean: tuple[float, float],
) -> FloatImage:
    """Put a block on a plane.

    Args:
        rng: source of its material, of which the outline knows nothing.
        plane: drawn into, with the block's shadow.
        contours: of the top face, plane units.
        thickness: plane units.
        lean: offset of its foot from its top, as seen, plane units (x, y).

    Returns:
        Coverage of the block, walls included: float32 (side, side) in [0, 1].
    """
    side = plane.side
    slab = set_down(plane, contours, thickness, lean)
    if slab is None:
        return np.zeros((side, side), np.float32)
    face, gloss = _face(rng, slab.window, side)
    height = bevel_height(slab.top, rng.uniform(0.006, 0.016) * side)
    factor, highlight = relief(height, plane.light, gloss)
    wall = face.reshape(-1, 3).mean(axis=0)
    return paint(plane, slab, wall, face * spread(factor) + spread(highlight))


def _face(rng: np.random.Generator, window: Window, side: int) -> tuple[FloatImage, float]:
    """A texture of the shape of `window`, and its gloss."""
    shape = window.shape
    kind = int(rng.integers(5))
    if kind == 0:
        stained = wood(rng, max(shape))[: shape[0], : shape[1]]
        return stained * (0.4 + 0.8 * draw_hsv(rng, _ANY_HUE, (0.0, 0.7), (0.6, 1.0))), 0.15
    if kind == 1:
        colour = draw_hsv(rng, _ANY_HUE, (0.0, 0.3), (0.4, 0.85))
        angle, roughness = rng.uniform(0.0, np.pi), rng.uniform(0.05, 0.2)
        return brushed(rng, shape, side, colour, angle=angle, roughness=roughness), 0.5
    if kind == 2:
        return fabric(rng, max(shape))[: shape[0], : shape[1]], 0.0
    first = draw_hsv(rng, _ANY_HUE, (0.3, 0.9), (0.3, 0.9))
    if kind == 3:
        tone = 1.0 + 0.12 * (value_noise(rng, shape, 0.02 * side) - 0.5)
        return dyed(first, tone), 0.6
    veins = np.abs(fractal_noise(rng, shape, 0.09 * side) - 0.5)
    second = draw_hsv(rng, _ANY_HUE, (0.0, 0.3), (0.5, 0.95))
    grain = 0.3 * (value_noise(rng, shape, 0.004 * side) - 0.5)
    return mixed(first, second, np.clip(6.0 * veins + grain, 0.0, 1.0)), 0.25
