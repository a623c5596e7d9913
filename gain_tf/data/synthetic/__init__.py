"""Rendered data sets and the toolkit they are drawn with."""

from gain_tf.data.synthetic.workpiece import (
    CLASS_NAMES,
    DESK_NAMES,
    Rendering,
    render_workpiece,
)
from gain_tf.data.synthetic.workpiece_split import Scene, plan

__all__ = [
    "CLASS_NAMES",
    "DESK_NAMES",
    "Rendering",
    "Scene",
    "plan",
    "render_workpiece",
]
