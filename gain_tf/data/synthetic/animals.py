"""Sheep from the side."""

from __future__ import annotations

import numpy as np

from gain_tf.data.synthetic.colour import draw_from
from gain_tf.data.synthetic.drawing import Material
from gain_tf.data.synthetic.outlines import Points, capsule, moved
from gain_tf.data.synthetic.side_view import SideView


def bumpy(rng: np.random.Generator, width: float, height: float, depth: float) -> Points:
    """A closed outline about the origin with soft bumps, as of wool, leaves or stone.

    Args:
        rng: source of the bumps.
        width: half of it.
        height: half of it.
        depth: of the bumps relative to the radius.
    """
    turn = np.linspace(0.0, 2.0 * np.pi, 90, endpoint=False)
    bumps = np.zeros_like(turn)
    for count in (5, 9, 14, 21):
        bumps += np.sin(count * turn + rng.uniform(0.0, 2.0 * np.pi)) / np.sqrt(count)
    radius = 1.0 + depth * bumps
    return np.stack([width * radius * np.cos(turn), height * radius * np.sin(turn)], axis=1)


def draw_sheep(view: SideView) -> None:
    """A sheep that stands or grazes, head to the right."""
    rng = view.rng
    wool = draw_from(
        rng,
        [
            ((0.08, 0.14), (0.06, 0.22), (0.72, 0.95)),
            ((0.06, 0.12), (0.05, 0.2), (0.5, 0.7)),
            ((0.04, 0.1), (0.1, 0.4), (0.14, 0.3)),
        ],
    )
    skin = draw_from(
        rng,
        [((0.05, 0.1), (0.1, 0.35), (0.1, 0.25)), ((0.06, 0.12), (0.1, 0.3), (0.65, 0.85))],
    )
    fleece = Material(wool, 0.45, 0.05, gloss=0.0)
    hide = Material(skin, 0.15, 0.04, gloss=0.1)
    shaded = Material(0.6 * skin, 0.15, 0.04)
    step = rng.uniform(-0.07, 0.07)
    for x, material in ((-0.38, shaded), (0.42, shaded), (-0.52, hide), (0.3, hide)):
        foot = (x + (step if material is hide else -step), -0.04)
        view.add([capsule((x, -0.5), foot, 0.055)], material, 0.04)
    view.add([moved(bumpy(rng, 0.12, 0.16, 0.08), -0.8, -0.78)], fleece, 0.08)
    view.add([moved(bumpy(rng, 0.76, 0.42, 0.05), -0.06, -0.82)], fleece, 0.22)
    low = rng.random() < 0.4
    neck, nose = ((0.66, -0.8), (0.98, -0.3)) if low else ((0.7, -1.1), (1.02, -1.0))
    view.add([moved(bumpy(rng, 0.24, 0.24, 0.07), neck[0] - 0.06, neck[1] + 0.02)], fleece, 0.1)
    view.add([capsule(neck, nose, 0.13)], hide, 0.1)
    view.add([moved(bumpy(rng, 0.15, 0.12, 0.08), neck[0], neck[1] - 0.12)], fleece, 0.06)
    ear = (neck[0] - 0.02, neck[1] - 0.02)
    view.add([capsule(ear, (ear[0] - 0.18, ear[1] + 0.08), 0.045)], shaded, 0.03)
    middle = 0.5 * (np.array(neck) + np.array(nose))
    eye = capsule((middle[0], middle[1] - 0.04), (middle[0] + 0.01, middle[1] - 0.04), 0.022)
    view.add([eye], Material(0.2 * skin, 0.0, gloss=0.6))
