"""Random fields from which every texture is made."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FloatImage = NDArray[np.floating]
"""float32 throughout, (rows, columns) or (rows, columns, 3), nominally in [0, 1]."""

_LATTICE = 64


def value_noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    cell: float,
    *,
    stretch: float = 1.0,
    angle: float = 0.0,
) -> FloatImage:
    """Smooth noise, float32 (rows, columns) in about [0, 1].

    Args:
        rng: source of the lattice and of its offset; the same number of draws at any shape.
        shape: rows and columns in pixels.
        cell: distance between independent values, in pixels, across the grain.
        stretch: how many times longer a cell is along the grain than across it.
        angle: direction of the grain in radians, from the x axis towards the y axis.
    """
    lattice = rng.random((_LATTICE, _LATTICE), dtype=np.float32)
    offset = rng.random(2) * _LATTICE
    cosine, sine = np.cos(angle), np.sin(angle)
    along, across = 1.0 / max(cell * stretch, 1e-3), 1.0 / max(cell, 1e-3)
    turn = np.array([[cosine * along, sine * along], [-sine * across, cosine * across]])
    corners = turn @ np.array([[0, shape[1], 0, shape[1]], [0, 0, shape[0], shape[0]]])
    # The repeated lattice is cut to what is needed: sampling across a border is far slower.
    low = corners.min(axis=1)
    extent = np.ceil(corners.max(axis=1) - low).astype(int) + 3
    columns = np.arange(extent[0]) + int(offset[0])
    rows = np.arange(extent[1]) + int(offset[1])
    tile = lattice.take(rows, axis=0, mode="wrap").take(columns, axis=1, mode="wrap")
    field = cv2.warpAffine(
        tile,
        np.column_stack([turn, offset % 1.0 - low]),
        (shape[1], shape[0]),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(field, np.float32)


def fractal_noise(
    rng: np.random.Generator,
    shape: tuple[int, int],
    cell: float,
    *,
    octaves: int = 3,
    stretch: float = 1.0,
    angle: float = 0.0,
) -> FloatImage:
    """Sum of `octaves` value noises, each of half the cell and half the weight; about [0, 1]."""
    total = np.zeros(shape, np.float32)
    weight = 0.0
    for octave in range(octaves):
        share = 0.5**octave
        total += share * value_noise(rng, shape, cell * share, stretch=stretch, angle=angle)
        weight += share
    return total / np.float32(weight)
