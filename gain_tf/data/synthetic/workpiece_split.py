"""Whole splits of the workpiece data set: which scenes."""

from __future__ import annotations

from dataclasses import dataclass

from gain_tf.data.synthetic.domains import Domain
from gain_tf.data.synthetic.picture import Box
from gain_tf.data.synthetic.planning import (
    balanced_class,
    check_plan,
    planning_stream,
    surroundings_of,
)
from gain_tf.data.synthetic.workpiece import (
    CLASS_NAMES,
    DESK_NAMES,
    Rendering,
    locate_workpiece,
    render_workpiece,
)


@dataclass(frozen=True)
class Scene:
    """One image before it is rendered; the arguments of `render_workpiece` but for its size."""

    index: int
    orientation: int
    domain: Domain
    desk: int | None
    seed: int

    def render(self, size: int) -> Rendering:
        """This scene at `size` pixels a side."""
        return render_workpiece(
            self.index,
            orientation=self.orientation,
            domain=self.domain,
            desk=self.desk,
            size=size,
            seed=self.seed,
        )

    def locate(self, size: int) -> Box:
        """The box of this scene's rendering at `size` pixels a side."""
        return locate_workpiece(
            self.index,
            orientation=self.orientation,
            domain=self.domain,
            size=size,
            seed=self.seed,
        )


def plan(count: int, *, domain: Domain, bias: float, seed: int) -> list[Scene]:
    """The scenes of a split.

    Orientations are balanced: every four images in a row show each one once. In the office the
    desk is the orientation's own family with probability `bias`, and otherwise any of the five,
    each as likely; at bias 0 desk and orientation are independent, at bias 1 the fifth family
    never occurs. A scene depends on its index and the seed, never on `count`.

    Args:
        count: number of scenes.
        domain: "office" or "machine".
        bias: in [0, 1]; without effect in the machine.
        seed: of the split; splits of different seeds share nothing.

    Raises:
        ValueError: if `bias` lies outside [0, 1] or `count` is negative.
    """
    check_plan(count, bias)
    scenes = []
    for index in range(count):
        orientation = balanced_class(seed, index, len(CLASS_NAMES))
        desk = None
        if domain == "office":
            rng = planning_stream(seed, index)
            desk = surroundings_of(rng, orientation, len(DESK_NAMES), bias)
        scenes.append(Scene(index, orientation, domain, desk, seed))
    return scenes
