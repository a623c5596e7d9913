"""From probabilities of cells to the class of every pixel: enlarged, or refined by a dense CRF.

TensorFlow is loaded for the CRF at reduced size alone.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Literal

import cv2
import numpy as np

from gain_tf.segmentation.full_crf import check_available, refined_labels

Crf = Literal["none", "full", "reduced"]


def labelled(
    items: Iterable[tuple[np.ndarray, np.ndarray]], crf: Crf, *, total: int | None = None
) -> Iterator[np.ndarray]:
    """Name the class of every pixel, image by image; items are read as they are needed.

    Args:
        items: image, uint8 RGB (H, W, 3), and probabilities, (h, w, C), of each.
        crf: "none"; "full", the dense CRF at the image's own size (extra `crf`, in a pool of
            processes); "reduced", exact mean field on a reduced image.
        total: number of items, for the progress bar of the full CRF.

    Yields:
        The likeliest class of each pixel, uint8 (H, W), in the order of the items.

    Raises:
        UserError: `crf` is "full", and the extra is not installed.
        FailedError: see `gain_tf.segmentation.full_crf.refined_labels`.
    """
    if crf == "full":
        check_available()
        # No process is started for no image.
        items = iter(items)
        for first in items:
            yield from refined_labels(chain([first], items), total=total)
        return
    for image, probabilities in items:
        posterior = (_reduced if crf == "reduced" else enlarged)(image, probabilities)
        yield posterior.argmax(axis=-1).astype(np.uint8)


def enlarged(image: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Resize probabilities (h, w, C) bilinearly to an image (H, W, 3): float32 (H, W, C)."""
    size = image.shape[1], image.shape[0]
    # OpenCV resizes at most four channels at a time.
    layers = [cv2.resize(layer, size) for layer in np.moveaxis(probabilities, -1, 0)]
    return np.stack(layers, axis=-1)


def _reduced(image: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    from gain_tf.segmentation.reduced_crf import refine_reduced

    return refine_reduced(image, probabilities)
