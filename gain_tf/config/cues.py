"""What a config may say of the cues that a trained run gives a segmenter."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from gain_tf.config.section import LARGEST_SCALE, Section

Scale = Annotated[float, Field(ge=0.25, le=LARGEST_SCALE)]
Cells = Annotated[int, Field(ge=2, le=1024)]


class Background(Section):
    """Which cells are taken for background: the `share` of an image that is least salient.

    `source` is where saliency comes from: `gradient` of the run's network; `opencv`, fine-grained
    saliency of OpenCV's contributed modules; `folder`, your own maps, `NAME.png` (grey) or
    `NAME.npy` (in [0, 1]) below `folder`, NAME being the image's id; `none` names no background
    but in images without any object.
    """

    source: Literal["gradient", "opencv", "folder", "none"] = "gradient"
    folder: Path | None = None
    share: float = Field(default=0.1, gt=0, lt=1)

    @model_validator(mode="after")
    def _has_its_folder(self) -> "Background":
        if self.source == "folder" and self.folder is None:
            raise ValueError("source: folder needs folder: the path of the maps")
        return self


class Cues(Section):
    """Localisation cues of a trained run, for `gain-tf cues`.

    A cell is a cue for a class of the image where its attention is above `threshold` of the map's
    maximum. `scales` of the network's input are averaged, with `flip` each also mirrored; `cells`
    (rows, columns) is the size of the cue arrays, 41 x 41 being what DeepLab-LargeFOV answers.
    """

    threshold: float = Field(default=0.2, ge=0, lt=1)
    background: Background = Background()
    scales: tuple[Scale, ...] = Field(default=(1.0,), min_length=1)
    flip: bool = False
    cells: tuple[Cells, Cells] = (41, 41)
