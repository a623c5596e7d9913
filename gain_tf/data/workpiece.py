"""The rendered workpiece: an industrial part in four coarse orientations.

Training and validation images come from an office, test images from inside the machine. In the
office the desk goes with the orientation as often as `bias` says: a network that reads the desk is
right in training and wrong in the machine.

After Li et al., "Guided Attention Inference Network", Section 5.3, whose images are not public.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gain_tf.config import Data
from gain_tf.data.dataset import DataSet
from gain_tf.data.rendered import MakeSplit, located_splits, square_side
from gain_tf.data.synthetic.domains import Domain
from gain_tf.data.synthetic.picture import Box, Picture
from gain_tf.data.synthetic.workpiece import CLASS_NAMES
from gain_tf.data.synthetic.workpiece_split import Scene, plan

SEEDS_APART = 1000
"""Between the seeds of train, validation and test, which share no scene."""


def load_workpiece(data: Data, split_of: MakeSplit | None = None) -> DataSet:
    """Render the data set.

    Args:
        data: `workpiece` says how many images and how biased; `image_size` must be square.
        split_of: makes splits of scenes, such as `planned_split`; None is `located_splits`.

    Returns:
        The data set: `train` and `validation` in the office, `test` in the machine, and
        `unbiased`, office images in which desk and orientation are independent.

    Raises:
        DataError: the image size is not square.
    """
    settings, size = data.workpiece, square_side(data)
    plans: dict[str, tuple[int, Domain, float]] = {
        "train": (settings.train, "office", settings.bias),
        "validation": (settings.validation, "office", settings.bias),
        "test": (settings.test, "machine", 0.0),
        "unbiased": (settings.validation, "office", 0.0),
    }
    scenes = {}
    for number, (name, (count, domain, bias)) in enumerate(plans.items()):
        seed = settings.seed * len(plans) * SEEDS_APART + number
        planned = plan(count, domain=domain, bias=bias, seed=seed)
        scenes[name] = (f"{domain}-{seed}", [_Labelled(scene) for scene in planned])
    classes = len(CLASS_NAMES)
    if split_of is None:
        splits = located_splits(scenes, size, classes)
    else:
        splits = {
            name: split_of(start, own, size, classes) for name, (start, own) in scenes.items()
        }
    return DataSet(
        name="workpiece",
        class_names=[f"{name} degrees" for name in CLASS_NAMES],
        splits=splits,
        single_label=True,
        about={
            "source": "rendered; after Li et al., Guided Attention Inference Network, Section 5.3",
            "licence": "that of this program",
            "sizes": f"{size} x {size} pixels, one part an image",
            "splits": "train and validation in the office; test in the machine; unbiased in the "
            "office, but the desk goes with nothing",
            "annotation": "a mask and a box of the part for every image",
            "known bias": (
                "in train and validation the desk goes with the orientation with probability "
                f"{settings.bias}"
            ),
        },
    )


@dataclass(frozen=True)
class _Labelled:
    """A scene whose mask says which orientation it shows."""

    scene: Scene

    @property
    def box_labels(self) -> Sequence[int]:
        return [self.scene.orientation]

    def boxes(self, size: int) -> Sequence[Box]:
        return [self.scene.locate(size)]

    def render(self, size: int) -> Picture:
        rendering, label = self.scene.render(size), self.scene.orientation
        mask = rendering.mask * np.uint8(label + 1)
        return Picture(rendering.image, mask, [(rendering.box, label)])
