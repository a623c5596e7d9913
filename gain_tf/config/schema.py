"""What a config file may say: every key, its type, its range and its default."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from gain_tf.config.cues import Cues
from gain_tf.config.guidance import Guidance
from gain_tf.config.learning import Augmentation, Optimizer
from gain_tf.config.rendered import Boat, Camera, DecoyMnist, Shapes, Workpiece
from gain_tf.config.saliency import Saliency
from gain_tf.config.section import Section, Seed, Side
from gain_tf.config.segmenter import Segmenter

Count = Annotated[int, Field(ge=0)] | Literal["all"]

TAKEN = ("guided", "warm_up", "checkpoints", "tensorboard")
"""What a row of a comparison cannot be called: the run folder has these already."""


class Budget(Section):
    """Which training images keep their annotation: chosen evenly per class.

    `masks` and `boxes` count images (or are "all"); an image gets one or the other. `placement`
    is for controls: `rolled` moves each annotation to a random place, `shuffled` gives each
    annotated image that of another, `centre` moves each to the middle. `noise` makes annotation
    careless: box edges move by up to that share of the box, masks grow or shrink by that share of
    the object's diameter. `listed` is a CSV file with a column `id`, such as `gain-tf suggest`
    writes: its images keep their annotation before others do, the first of them first.
    """

    masks: Count = Field(default=0, union_mode="left_to_right")
    boxes: Count = Field(default=0, union_mode="left_to_right")
    seed: Seed | None = None
    placement: Literal["true", "rolled", "shuffled", "centre"] = "true"
    noise: float = Field(default=0.0, ge=0, le=1)
    listed: Path | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> "Budget":
        if self.masks == "all" and self.boxes != 0:
            raise ValueError("masks: all leaves no image for boxes")
        return self


class Voc2012(Section):
    """PASCAL VOC 2012: see `gain_tf.data.voc2012_splits` for what `data.root` must hold.

    `train` names the split that is trained on; `data_dir` is where the records are kept (default:
    that of TensorFlow Datasets). `part` takes archives that hold only a part of VOC, whose number
    of images is then not checked.
    """

    train: Literal["trainaug", "train"] = "trainaug"
    data_dir: Path | None = None
    part: bool = False


class Folder(Section):
    """The user's own images: see `gain_tf.data.folder` for the layout.

    `classes` fixes the classes and their order (default: those found, sorted). `validation` and
    `test` are shares split off, whole groups at a time, where the folder names no splits.

    `annotations` names annotation files or folders of them, from the root; `auto` reads every COCO
    JSON, LabelMe JSON and Pascal VOC XML file below the root. `labels` says what an image's
    classes are: its class folder, or the objects in its annotation; `labels.csv` goes before both.
    `crowd: object` takes what COCO calls a crowd for one object of its class, as CVAT writes it.
    """

    annotations: Literal["auto", "none"] | Path | tuple[Path, ...] = Field(
        default="auto", union_mode="left_to_right"
    )
    labels: Literal["auto", "folders", "annotations"] = "auto"
    crowd: Literal["unknown", "object"] = "unknown"
    classes: tuple[str, ...] | None = None
    unguided_classes: tuple[str, ...] = ()
    mask_values: Literal["auto", "binary", "index"] = "auto"
    validation: float = Field(default=0.2, ge=0, lt=1)
    test: float = Field(default=0.0, ge=0, lt=1)
    seed: Seed = 0

    @model_validator(mode="after")
    def _leaves_something(self) -> "Folder":
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must leave images to train on")
        if self.classes is not None and len(set(self.classes)) < max(len(self.classes), 1):
            raise ValueError("classes must name each class once, and at least one")
        return self


class Data(Section):
    """What is trained on.

    Decoded images are kept in `memory`, on `disk` in `cache_folder`, where later runs find them, or
    not at all (`off`); true and false mean memory and off. `cache_folder` also keeps saliency.
    `max_bad_images` is how many images training may find broken, and skip, before it fails.
    """

    name: str = "workpiece"
    root: Path | None = None
    image_size: tuple[Side, Side] = (128, 128)
    batch_size: int = Field(default=32, ge=1)
    budget: Budget = Budget()
    annotated_share: float = Field(default=0.25, ge=0, le=1)
    background_swap: float = Field(default=0.0, ge=0, le=1)
    augmentation: Augmentation = Augmentation()
    saliency: Saliency = Saliency()
    cache: Literal["memory", "disk", "off"] = "memory"
    cache_folder: Path = Path("~/.cache/gain-tf")
    max_bad_images: int = Field(default=10, ge=0)
    workpiece: Workpiece = Workpiece()
    camera: Camera = Camera()
    shapes: Shapes = Shapes()
    boat: Boat = Boat()
    decoy_mnist: DecoyMnist = DecoyMnist()
    voc2012: Voc2012 = Voc2012()
    folder: Folder = Folder()

    @field_validator("cache", mode="before")
    @classmethod
    def _switched(cls, value: Any) -> Any:
        return {True: "memory", False: "off"}[value] if isinstance(value, bool) else value


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

    `remat` computes the features a second time instead of keeping all that lies between: less
    memory, more time. `deterministic` makes a GPU compute the same bits every time, where it may
    otherwise add up in any order. A CPU does so anyway, given the same threads.
    """

    epochs: int = Field(default=12, ge=1)
    warm_up_epochs: int = Field(default=0, ge=0)
    warm_up: dict[str, Any] = {}
    steps_per_epoch: int | None = Field(default=None, ge=1)
    optimizer: Optimizer = Optimizer()
    precision: Literal["float32", "mixed_float16", "mixed_bfloat16"] = "float32"
    jit: bool | Literal["auto"] = "auto"
    distribute: Literal["none", "mirrored", "multiworker"] = "none"
    remat: bool = False
    deterministic: bool = False


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
        if taken := [name for name in rows if name.lower() in TAKEN]:
            raise ValueError(f"a row cannot be called {', '.join(taken)}")
        return rows


class Run(Section):
    """Where the run folder goes, and whether the newest unfinished one is gone on with.

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

    @property
    def wants_saliency(self) -> bool:
        """Whether Eq. 9 is part of training, with a saliency map for its foreground."""
        prior = self.guidance.box_prior in ("auto", "saliency")
        saliency = self.data.saliency.source != "none"
        return self.guidance.uses_box_formula and prior and saliency
