"""Cues on disk: a folder of arrays and one of pseudo labels, image by image."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gain_tf.data.decode import UnreadableImageError
from gain_tf.data.indexed import write_indexed
from gain_tf.data.numpy_files import DAMAGED, arrays_in
from gain_tf.files import replacing
from gain_tf.metrics.attention import enlarge
from gain_tf.segmentation.cues import cue_cells, label_map

ARRAYS, LABELS = "arrays", "labels"


@dataclass(frozen=True)
class ImageCues:
    """What the network says of one image.

    Attributes:
        cells: cues, boolean (C + 1, h, w), background first, no cell claimed twice.
        classes: the classes asked about, k of them.
        attention: their attention, float32 (k, h, w), in [0, 1].
        saliency: float32 (h, w), None where there is none.
    """

    cells: np.ndarray
    classes: Sequence[int]
    attention: np.ndarray
    saliency: np.ndarray | None


@dataclass(frozen=True)
class CueFolder:
    """`arrays/ID.npz` and `labels/ID.png` of every image; an id may hold slashes.

    An array file holds `cues` (C + 1, h, w) boolean, background first; `classes` (k,); `attention`
    (k, h, w), in [0, 1]; and where there is one `saliency` (h, w).

    Attributes:
        path: of the folder.
    """

    path: Path

    def array(self, identifier: str) -> Path:
        """Return the path of an image's arrays."""
        # Not `with_suffix`: a name such as `part.0815` would lose its end.
        return self.path / ARRAYS / f"{identifier}.npz"

    def label(self, identifier: str) -> Path:
        """Return the path of an image's pseudo labels."""
        return self.path / LABELS / f"{identifier}.png"

    def has(self, identifier: str) -> bool:
        """Tell whether an image is done: the pseudo labels are written last."""
        return self.label(identifier).is_file() and self.array(identifier).is_file()

    def write(self, identifier: str, cues: ImageCues, labels: np.ndarray) -> None:
        """Write an image's cues, each file whole or not at all.

        Args:
            identifier: of the image.
            cues: to be written.
            labels: uint8 (H, W), as `gain_tf.segmentation.cues.label_map` makes them.
        """
        arrays = {
            "cues": cues.cells,
            "classes": np.asarray(cues.classes, np.int32),
            "attention": cues.attention,
        }
        if cues.saliency is not None:
            arrays["saliency"] = cues.saliency
        for path in (self.array(identifier), self.label(identifier)):
            path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.array(identifier)) as temporary:
            np.savez_compressed(temporary, **arrays)
        write_indexed(labels, self.label(identifier))

    def read(self, identifier: str) -> ImageCues:
        """Read an image's cues.

        Raises:
            FileNotFoundError: the image is not done.
            UnreadableImageError: the file is damaged, or holds something else.
        """
        path = self.array(identifier)
        try:
            with arrays_in(path) as arrays:
                return ImageCues(
                    cells=arrays["cues"],
                    classes=arrays["classes"].tolist(),
                    attention=arrays["attention"],
                    saliency=arrays.get("saliency"),
                )
        except DAMAGED as error:
            raise UnreadableImageError(
                f"{path}: holds no cues that can be read ({error}); without the file they are "
                "made anew"
            ) from error


def made_cues(
    attention: np.ndarray,
    classes: Sequence[int],
    saliency: np.ndarray | None,
    count: int,
    *,
    threshold: float,
    share: float,
) -> ImageCues:
    """Make the cues of an image; see `gain_tf.segmentation.cues.cue_cells` for the arguments."""
    cells = cue_cells(attention, classes, saliency, count, threshold=threshold, share=share)
    return ImageCues(cells, list(classes), attention, saliency)


def enlarged_maps(attention: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Enlarge maps bilinearly to an image: (k, h, w) to (k, H, W), none to none."""
    height, width = size
    maps = [enlarge(each, height, width) for each in attention]
    return np.stack(maps) if maps else np.zeros((0, height, width), np.float32)


def pseudo_labels(
    cues: ImageCues, size: tuple[int, int], *, threshold: float, share: float
) -> np.ndarray:
    """Name the class of each pixel by the same rules, on maps enlarged to the image.

    Args:
        cues: of the image.
        size: (height, width) of the image.
        threshold: as for the cells.
        share: as for the cells.

    Returns:
        uint8 (H, W): class index + 1, 0 background, 255 unknown.
    """
    attention = enlarged_maps(cues.attention, size)
    saliency = None if cues.saliency is None else enlarge(cues.saliency, *size)
    count = len(cues.cells) - 1
    large = cue_cells(attention, cues.classes, saliency, count, threshold=threshold, share=share)
    return label_map(large)
