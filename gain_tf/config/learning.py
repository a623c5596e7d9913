"""What every network that is trained is told: how its images are changed, how steps are taken."""

from typing import Literal

from pydantic import Field

from gain_tf.config.section import Section


class Augmentation(Section):
    """Random changes of training images; masks and boxes move with them.

    `crop` is the smallest side of the random crop as a share of the image (1: none); the other
    numbers are the largest relative change of brightness, contrast and saturation.
    """

    crop: float = Field(default=1.0, gt=0, le=1)
    flip_horizontal: bool = False
    flip_vertical: bool = False
    brightness: float = Field(default=0.0, ge=0, le=1)
    contrast: float = Field(default=0.0, ge=0, le=1)
    saturation: float = Field(default=0.0, ge=0, le=1)


class Optimizer(Section):
    """How steps are taken.

    The schedule `steps` multiplies the rate by `decay` every `decay_every` steps.
    """

    name: Literal["sgd", "adam", "adamw"] = "sgd"
    learning_rate: float = Field(default=0.01, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    schedule: Literal["cosine", "constant", "steps"] = "cosine"
    decay_every: int = Field(default=2000, ge=1)
    decay: float = Field(default=0.1, gt=0, le=1)
    clip_norm: float | None = Field(default=None, gt=0)
