"""What a config may say of the segmenter that is trained on the cues of a run."""

from typing import Annotated, Literal

from pydantic import Field

from gain_tf.config.learning import Augmentation, Optimizer
from gain_tf.config.section import LARGEST_SCALE, Amount, Section, Side


class Inference(Section):
    """How the segmenter is judged: see `gain_tf.segmentation.inference.InferenceSettings`.

    With a `crf` the figures without it are reported beside those with it.
    """

    scales: tuple[Annotated[float, Field(gt=0, le=LARGEST_SCALE)], ...] = Field(
        default=(1.0,), min_length=1
    )
    flip: bool = False
    crf: Literal["none", "full", "reduced"] = "none"


class Expected(Section):
    """What a row should come to, for those who plan a run or read its report; nothing acts on it.

    `hardware` and `hours` say what the row takes, all that it shares with no earlier row; `miou`
    (per cent) is what was published for the split that the run is judged on, `test_miou` for the
    data set's hidden test split.
    """

    hardware: str = ""
    hours: float | None = Field(default=None, gt=0)
    miou: float | None = Field(default=None, ge=0, le=100)
    test_miou: float | None = Field(default=None, ge=0, le=100)


class Segmenter(Section):
    """The segmenter that follows the attention network: see `gain_tf.WeakSegmenter`.

    None is trained where `network` is null. `method` is `sec` (seed, expand, constrain) or `gain`
    (Eq. 12); `supervision: masks` trains on all true masks instead, and on images without an
    object, the upper bound. `image_size` is what it sees (null: as `data.image_size`).
    `freeze_batch_norm` and `batch_norm_momentum` are as in `model`. Of each image's cues nothing
    but the class of a cell reaches it; rows that differ in this section alone share one attention
    network. After each epoch `metrics.csv` gets its mIoU on `validation_images` of the validation
    split (0: no such column), at one scale and without CRF.
    """

    network: str | None = None
    weights: str | None = "auto"
    output_stride: int | None = None
    method: Literal["sec", "gain"] = "sec"
    supervision: Literal["cues", "masks"] = "cues"
    image_size: tuple[Side, Side] | None = None
    batch_size: Amount = 15
    epochs: Amount = 12
    steps_per_epoch: Amount | None = None
    optimizer: Optimizer = Optimizer(learning_rate=0.001)
    weight_decay: float = Field(default=5e-4, ge=0)
    logits_rate: float = Field(default=10.0, ge=0)
    bias_rate: float = Field(default=2.0, ge=0)
    freeze_batch_norm: bool = True
    batch_norm_momentum: float | None = Field(default=None, ge=0, lt=1)
    augmentation: Augmentation = Augmentation(flip_horizontal=True)
    validation_images: int = Field(default=100, ge=0)
    inference: Inference = Inference()
    expected: Expected = Expected()
