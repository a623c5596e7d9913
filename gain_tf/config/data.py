"""What a config may say of the images: which, how large, how many annotated."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from gain_tf.config.learning import Augmentation
from gain_tf.config.rendered import Boat, Camera, DecoyMnist, Shapes, Workpiece
from gain_tf.config.saliency import Saliency
from gain_tf.config.section import Amount, Section, Seed, Side

Count = Annotated[int, Field(ge=0)] | Literal["all"]


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
    of images is then not checked. Records are made once: another part, or one that was changed,
    needs another `data_dir`.
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

    `background_swap` is how often the object of an annotated image is pasted before another image:
    with `images` any one, whole, its own object included; with `backgrounds` one of which it is
    known where no object is (it shows none, or all are annotated), its objects hidden.

    Decoded images are kept in `memory`, on `disk` in `cache_folder`, where later runs find them, or
    not at all (`off`); true and false mean memory and off. `cache_folder` also keeps saliency.
    `annotated_share` of each batch, rounded to whole images, is drawn from the annotated ones.
    `max_bad_images` is how many images training may find broken, and skip, before it fails.
    """

    name: str = "workpiece"
    root: Path | None = None
    image_size: tuple[Side, Side] = (128, 128)
    batch_size: Amount = 32
    budget: Budget = Budget()
    annotated_share: float = Field(default=0.25, ge=0, le=1)
    background_swap: float = Field(default=0.0, ge=0, le=1)
    background_swap_with: Literal["images", "backgrounds"] = "images"
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
