"""What a config file may say: every key, its type, its range and its default."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from gain_tf.config.cues import Cues
from gain_tf.config.data import Data
from gain_tf.config.dotted import dotted
from gain_tf.config.guidance import Guidance
from gain_tf.config.learning import Optimizer
from gain_tf.config.section import MOST, Amount, Section, Seed
from gain_tf.config.segmenter import Segmenter

TAKEN = (
    "guided",
    "warm_up",
    "checkpoints",
    "tensorboard",
    "segmenter",
    "cues",
    "control",
    "export",
)
"""What a row of a comparison cannot be called: the run folder has these already, or may have."""

FILES = (".csv", ".html", ".json", ".keras", ".png", ".yaml")
"""How it cannot end: so do the files of a run folder."""


class Model(Section):
    """Which network: see `gain_tf.GAIN`.

    `freeze_until` names the last layer of the features model that keeps its weights;
    `freeze_batch_norm` keeps every batch norm at the statistics it was pretrained with. A trainable
    one follows its images by `batch_norm_momentum` a step (null: as the network has it, mostly
    0.99, which takes hundreds of steps to forget the images before).
    """

    backbone: str = "efficientnet_lite0"
    head: Literal["auto", "gap", "fc", "max", "truncate"] = "auto"
    weights: str | None = "auto"
    target_layer: str | None = None
    activation: Literal["auto", "softmax", "sigmoid"] = "auto"
    output_stride: int | None = None
    freeze_until: str | None = None
    freeze_batch_norm: bool = False
    batch_norm_momentum: float | None = Field(default=None, ge=0, lt=1)


class Training(Section):
    """How long, and on what.

    `warm_up_epochs` trains the plain classifier first, once, without annotation; every row of a
    comparison then starts from those weights. `warm_up` names the keys in which that training
    differs from the rows', such as `{training.optimizer.learning_rate: 0.001}`. `distribute:
    mirrored` shares each batch of the attention network's training among the GPUs of the machine,
    `multiworker` among the processes, on one machine or several, that the environment variable
    TF_CONFIG names.

    `steps_per_execution` steps are taken before Python looks at the loss again: faster where a step
    takes little time, or on a GPU, which waits for that look. An epoch must have a multiple of it.
    `remat` computes the features a second time instead of keeping all that lies between: less
    memory, more time. `deterministic` makes a GPU compute the same bits every time, where it may
    otherwise add up in any order. A CPU does so anyway, given the same threads.
    """

    epochs: Amount = 12
    warm_up_epochs: int = Field(default=0, ge=0, le=MOST)
    warm_up: dict[str, Any] = {}
    steps_per_epoch: Amount | None = None
    steps_per_execution: Amount = 1
    optimizer: Optimizer = Optimizer()
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    jit: bool | Literal["auto"] = "auto"
    distribute: Literal["none", "mirrored", "multiworker"] = "none"
    remat: bool = False
    deterministic: bool = False

    @field_validator("warm_up")
    @classmethod
    def _key_by_key(cls, warm_up: dict[str, Any]) -> dict[str, Any]:
        return dotted(warm_up)


class Evaluation(Section):
    """What is reported.

    `baseline` trains the plain classifier beside the guided model, `control` the guided model on
    annotations rolled to random places. `rows` adds comparisons: a name and the keys it changes.
    `faithfulness` is on how many images deletion and insertion are measured: 34 scores each.
    """

    attention: bool = True
    figures: int = Field(default=24, ge=0)
    baseline: bool = True
    control: bool = False
    rows: dict[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._+-]*$", max_length=100)],
        dict[str, Any],
    ] = {}
    intervals: int = Field(default=1000, ge=0)
    faithfulness: int = Field(default=0, ge=0)

    @field_validator("rows")
    @classmethod
    def _not_taken(cls, rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        lowered = {name: name.lower() for name in rows}
        taken = [name for name, low in lowered.items() if low in TAKEN or low.endswith(FILES)]
        if taken:
            raise ValueError(f"a row cannot be called {', '.join(taken)}")
        return {name: dotted(changes) for name, changes in rows.items()}


class Run(Section):
    """Where the run folder goes, and whether the newest one that lacks something is gone on with.

    With `resume` that is a run of the same config that is unfinished or has fewer rows.

    `parallel` rows are trained side by side, each in a process with its share of the cores: faster
    where one row does not keep them busy, at the memory of as many. `rows` trains those rows alone
    for now, with the attention networks that they need (null: all). The run is unfinished until
    all are trained, by `resume`.
    """

    root: Path = Path("runs")
    resume: bool = False
    parallel: int = Field(default=1, ge=1)
    rows: tuple[str, ...] | None = Field(default=None, min_length=1)


class Config(Section):
    """One run."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    seed: Seed = 1
    data: Data = Data()
    model: Model = Model()
    guidance: Guidance = Guidance()
    training: Training = Training()
    segmenter: Segmenter = Segmenter()
    evaluation: Evaluation = Evaluation()
    cues: Cues = Cues()
    run: Run = Run()

    @model_validator(mode="after")
    def _has_its_prior(self) -> "Config":
        if self.guidance.box_prior == "saliency" and self.data.saliency.source == "none":
            raise ValueError(
                "guidance.box_prior: saliency needs data.saliency.source: gradient, opencv or "
                "folder"
            )
        return self

    @model_validator(mode="after")
    def _shares_one_way(self) -> "Config":
        if self.training.distribute == "multiworker" and self.run.parallel > 1:
            raise ValueError(
                "run.parallel: rows that several workers train together (training.distribute: "
                "multiworker) are trained one after the other; it must be 1"
            )
        return self

    @model_validator(mode="after")
    def _executes(self) -> "Config":
        if self.training.distribute == "multiworker" and self.training.steps_per_execution > 1:
            raise ValueError(
                "training.steps_per_execution: several workers (training.distribute: multiworker) "
                "look at every step; it must be 1"
            )
        return self

    @model_validator(mode="after")
    def _compiles(self) -> "Config":
        pairs_vary = self.guidance.max_labels is None and not self.guidance.plain
        if self.training.jit is True and pairs_vary:
            raise ValueError(
                "training.jit: true needs guidance.max_labels, the most classes that an image has "
                "(1 where each has one): XLA wants as many maps of every batch"
            )
        return self

    @property
    def wants_saliency(self) -> bool:
        """Whether Eq. 9 is part of training, with a saliency map for its foreground."""
        prior = self.guidance.box_prior in ("auto", "saliency")
        saliency = self.data.saliency.source != "none"
        return self.guidance.uses_box_formula and prior and saliency
