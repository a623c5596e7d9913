"""Images without truth segmented: indexed masks and overlays written to a folder."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from gain_tf.data.decode import UnreadableImageError, read_image
from gain_tf.data.indexed import write_indexed
from gain_tf.files import replacing
from gain_tf.report.claim import claim
from gain_tf.report.drawing import draw_classes
from gain_tf.report.explanations import IMAGES, Found, resolved
from gain_tf.segmentation.inference import InferenceSettings, Predict, class_maps

SETTINGS = "segment.json"
"""In the output folder: how its masks were made."""

MASKS, OVERLAYS = "masks", "overlays"


@dataclass
class SegmentWriter:
    """A segmenter that writes down what it sees, image by image.

    Attributes:
        predict: the segmenter.
        settings: how images become class maps.
        class_names: without background.
        out: folder that the files go to.
        made_by: says which segmenter it is, so that the folder holds the masks of one alone.
        sources: files and folders that the images were found in, see `find_images`; likewise.
        problems: a sentence for each image that could not be read, so far.
    """

    predict: Predict
    settings: InferenceSettings
    class_names: Sequence[str]
    out: Path
    made_by: Mapping[str, Any]
    sources: Sequence[Path]
    problems: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Make the folder, or find it begun with the same settings.

        Raises:
            UserError: it holds the masks of another segmenter, of other images or settings.
        """
        images = {IMAGES: resolved(self.sources)}
        claim(self.out, SETTINGS, {**self.made_by, **images, **asdict(self.settings)}, "masks")

    def missing(self, found: Sequence[Found]) -> list[Found]:
        """List the images that have no mask or no overlay yet."""
        return [each for each in found if not all(path.is_file() for path in self.files(each))]

    def files(self, found: Found) -> tuple[Path, Path]:
        """Return where the mask and the overlay of an image go."""
        mask, overlay = (self.out / kind / f"{found.name}.png" for kind in (MASKS, OVERLAYS))
        return mask, overlay

    def write(self, found: Iterable[Found], *, total: int) -> None:
        """Segment images; each is read when its turn comes, and written when it is done.

        Args:
            found: the images.
            total: number of them.
        """
        waiting: list[tuple[Found, np.ndarray]] = []

        def images() -> Iterator[np.ndarray]:
            for each in found:
                try:
                    image = read_image(each.path)
                except UnreadableImageError as error:
                    self.problems.append(str(error))
                    continue
                # Some are ahead of what is done: the CRF works on several at a time.
                waiting.append((each, image))
                yield image

        for mask in class_maps(self.predict, images(), self.settings, total=total):
            self._write(*waiting.pop(0), mask)

    def _write(self, found: Found, image: np.ndarray, mask: np.ndarray) -> None:
        indexed, overlay = self.files(found)
        for path in (indexed, overlay):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_indexed(mask, indexed)
        with replacing(overlay) as temporary:
            Image.fromarray(draw_classes(image, mask, self.class_names)).save(temporary)
