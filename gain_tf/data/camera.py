"""The rendered camera: a symmetric housing in two orientations, told apart by a gap and markers.

After Li et al., "Guided Attention Inference Network", Section 5.2, whose images are not public.
Training, validation and the first test set share benches and viewpoint, and there the bench goes
with the orientation as often as `bias` says; the second test set was taken elsewhere, from other
viewpoints. `gain-tf evaluate RUN --split test_2` judges a run on it. The mask and the boxes show
the gap and the markers, not the housing: 40 of 700 boxed images are the paper's 20 a class.

A page of samples, `gain-tf data show --config camera.yaml --out sheet.png`:

    name: camera
    data:
      name: camera
      image_size: [192, 192]
      budget: {boxes: 40}
      camera: {bias: 1.0, train: 700, validation: 100, test: 100, test_2: 100}
"""

from gain_tf.config import Data
from gain_tf.data.dataset import DataSet
from gain_tf.data.rendered import MakeSplit, rendered_split, seeds_of, square_side
from gain_tf.data.synthetic.camera import ORIENTATIONS, plan_camera
from gain_tf.data.synthetic.domains import DESKS, Domain

CLASS_NAMES = tuple(f"gap at {degrees} degrees" for degrees in ORIENTATIONS)


def load_camera(data: Data, split_of: MakeSplit = rendered_split) -> DataSet:
    """Render the data set.

    Args:
        data: `camera` says how many images and how biased; `image_size` must be square.
        split_of: makes splits of scenes: `rendered_split`, or `planned_split`.

    Returns:
        The data set: `train`, `validation` and `test` on benches, `test_2` in a machine, and
        `unbiased`, as many as `test`, on benches that say nothing.

    Raises:
        DataError: the image size is not square.
    """
    settings, size = data.camera, square_side(data)
    plans: dict[str, tuple[int, Domain, float]] = {
        "train": (settings.train, "office", settings.bias),
        "validation": (settings.validation, "office", settings.bias),
        "test": (settings.test, "office", settings.bias),
        "test_2": (settings.test_2, "machine", 0.0),
        "unbiased": (settings.test, "office", 0.0),
    }
    seeds = seeds_of(settings.seed, list(plans))
    splits = {
        name: split_of(
            f"camera-{seeds[name]}",
            plan_camera(count, domain=domain, bias=bias, seed=seeds[name]),
            size,
            len(CLASS_NAMES),
        )
        for name, (count, domain, bias) in plans.items()
    }
    return DataSet(
        name="camera",
        class_names=CLASS_NAMES,
        splits=splits,
        single_label=True,
        about={
            "source": "rendered; after Li et al., Guided Attention Inference Network, Section 5.2",
            "licence": "that of this program",
            "sizes": f"{size} x {size} pixels",
            "splits": "test (test set 1) is taken as train is; test_2 in another place and from "
            "other viewpoints; unbiased is as test, but the bench goes with nothing",
            "annotation": "a mask and two boxes for every image: of the gap and of the markers, "
            "the only things that tell the orientation",
            "known bias": f"with probability {settings.bias} the bench is the orientation's own "
            f"({DESKS[0][0]} for 0 degrees, {DESKS[1][0]} for 180), otherwise any of "
            f"{len(DESKS)}",
        },
    )
