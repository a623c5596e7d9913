"""The rendered boats: boats on water, cars on roads, sheep on meadows, and their opposites.

After the "Biased Boat" data of Li et al., "Guided Attention Inference Network", Section 5.1. In
training a thing stands on its own ground, and its ground is seen with it, as often as `bias` says.
Two test sets turn that round, `--split without_ground` ("boat without water") and `--split
without_thing` ("water without boat"); `test` is both, and `validation` is taken as `train` is.
An image may show none of the three things; then it has no label.

A page of samples, `gain-tf data show --config boat.yaml --out sheet.png`:

    name: boat
    data:
      name: boat
      image_size: [192, 192]
      budget: {masks: 24}
      boat: {bias: 0.95, train: 400, validation: 40, test: 30}
"""

from gain_tf.config import Data
from gain_tf.data.dataset import DataSet
from gain_tf.data.rendered import MakeSplit, joined, rendered_split, seeds_of, square_side
from gain_tf.data.synthetic.boat import (
    GROUNDS,
    THINGS,
    plan_boat,
    plan_without_ground,
    plan_without_thing,
)

CLASS_NAMES = tuple(name for name, _ in THINGS)


def load_boat(data: Data, split_of: MakeSplit = rendered_split) -> DataSet:
    """Render the data set.

    Args:
        data: `boat` says how many images and how biased; `image_size` must be square.
        split_of: makes splits of scenes: `rendered_split`, or `planned_split`.

    Returns:
        The data set: `train` and `validation` biased, `without_ground`, `without_thing`, `test`,
        which is both of these, and `unbiased`, in which things and grounds are independent.

    Raises:
        DataError: the image size is not square.
    """
    settings, size = data.boat, square_side(data)
    names = ("train", "validation", "without_ground", "without_thing", "unbiased")
    seeds = seeds_of(settings.seed, names)
    plans = {
        "train": plan_boat(settings.train, bias=settings.bias, seed=seeds["train"]),
        "validation": plan_boat(settings.validation, bias=settings.bias, seed=seeds["validation"]),
        "without_ground": plan_without_ground(settings.test, seed=seeds["without_ground"]),
        "without_thing": plan_without_thing(settings.test, seed=seeds["without_thing"]),
        "unbiased": plan_boat(settings.validation, bias=0.0, seed=seeds["unbiased"]),
    }
    splits = {
        name: split_of(f"boat-{seeds[name]}", scenes, size, len(CLASS_NAMES))
        for name, scenes in plans.items()
    }
    splits["test"] = joined(splits["without_ground"], splits["without_thing"])
    own = ", ".join(f"{thing} and {GROUNDS[k][0]}" for k, thing in enumerate(CLASS_NAMES))
    return DataSet(
        name="boat",
        class_names=CLASS_NAMES,
        splits=splits,
        single_label=False,
        about={
            "source": "rendered; after Li et al., Guided Attention Inference Network, Section 5.1",
            "licence": "that of this program",
            "sizes": f"{size} x {size} pixels, none to two things of one class",
            "splits": "without_ground: things on any ground but their own; without_thing: their "
            "grounds alone; test: both; unbiased: things and grounds independent",
            "annotation": "a mask and boxes for every image with a thing in it",
            "known bias": f"in train and validation these go together with probability "
            f"{settings.bias}: {own}",
        },
    )
