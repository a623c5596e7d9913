"""What a config may say of the foreground prior of Eq. 9."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from gain_tf.config.section import Section


class Saliency(Section):
    """Where S of Eq. 9 comes from, for the training images whose boxes the budget pays for.

    - `gradient`: gradient saliency of the network that the row starts from, that is of the
      pretrained one, or of the warm-up where there is one (`training.warm_up_epochs`);
    - `opencv`: `method` of OpenCV's contributed modules (extra `saliency`), without a network;
    - `folder`: your own maps, `NAME.png` (grey) or `NAME.npy` (in [0, 1]) below `folder`, NAME
      being the image's id.

    Gradients are single pixels, whose mean over a cell of the map says little: maps that are made
    here go through a 3 x 3 median filter (`median`, of gradients), are averaged over squares of
    `smooth` pixels, and then divided by their maximum. They are kept below `data.cache_folder`.
    Whatever their source, maps are scaled once more where they are used: the most salient cell
    within the boxes is foreground, see `gain_tf.losses.foreground_prior`.
    """

    source: Literal["none", "gradient", "opencv", "folder"] = "none"
    folder: Path | None = None
    method: Literal["fine_grained", "spectral_residual"] = "fine_grained"
    median: bool = True
    smooth: int = Field(default=16, ge=0, le=1024)

    @model_validator(mode="after")
    def _has_its_folder(self) -> "Saliency":
        if self.source == "folder" and self.folder is None:
            raise ValueError("source: folder needs folder: the path of the maps")
        return self
