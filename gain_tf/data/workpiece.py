"""The rendered workpiece: an industrial part in four coarse orientations.

Training and validation images come from an office, test images from inside the machine. In the
office the desk goes with the orientation as often as `bias` says: a network that reads the desk is
right in training and wrong in the machine.

After Li et al., "Guided Attention Inference Network", Section 5.3, whose images are not public.
"""

import numpy as np

from gain_tf.config import Data
from gain_tf.data.dataset import ArrayPictures, DataSet, Split
from gain_tf.data.rendered import square_side
from gain_tf.data.synthetic.workpiece import CLASS_NAMES
from gain_tf.data.synthetic.workpiece_split import render_split

SEEDS_APART = 1000
"""Between the seeds of train, validation and test, which share no scene."""


def load_workpiece(data: Data) -> DataSet:
    """Render the data set.

    Args:
        data: `workpiece` says how many images and how biased; `image_size` must be square.

    Returns:
        The data set: `train` and `validation` in the office, `test` in the machine, and
        `unbiased`, office images in which desk and orientation are independent.

    Raises:
        DataError: the image size is not square.
    """
    settings, size = data.workpiece, square_side(data)
    office = {"domain": "office", "bias": settings.bias}
    plans = {
        "train": (settings.train, office),
        "validation": (settings.validation, office),
        "test": (settings.test, {"domain": "machine", "bias": 0.0}),
        "unbiased": (settings.validation, {"domain": "office", "bias": 0.0}),
    }
    splits = {
        name: _split(count, scenes, size, settings.seed * len(plans) * SEEDS_APART + number)
        for number, (name, (count, scenes)) in enumerate(plans.items())
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


def _split(count: int, scenes: dict, size: int, seed: int) -> Split:
    rendered = render_split(count, size=size, seed=seed, **scenes)
    labels = np.eye(len(CLASS_NAMES), dtype=np.float32)[rendered.labels]
    masks = np.where(rendered.masks > 0, rendered.labels[:, None, None] + 1, 0).astype(np.uint8)
    return Split(
        ids=[f"{scenes['domain']}-{seed}-{index:05d}" for index in range(count)],
        labels=labels,
        pictures=ArrayPictures(rendered.images, masks),
        mask_shows=labels > 0,
        boxes=list(rendered.boxes[:, None, :]),
        box_labels=list(rendered.labels[:, None].astype(np.int32)),
    )
