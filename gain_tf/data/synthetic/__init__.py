"""Rendered data sets and the toolkit they are drawn with."""

from gain_tf.data.synthetic.workpiece import (
    CLASS_NAMES,
    DESK_NAMES,
    Rendering,
    render_workpiece,
)
from gain_tf.data.synthetic.workpiece_split import Scene, Split, plan, render_split

__all__ = [
    "CLASS_NAMES",
    "DESK_NAMES",
    "Rendering",
    "Scene",
    "Split",
    "plan",
    "render_split",
    "render_workpiece",
]
