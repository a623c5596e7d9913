"""The gate of segmenters: scores as those of classifiers, and no pixel of another class.

Where two classes are as likely, rounding decides. A pixel may therefore differ where the training
itself holds the exported class for as likely as its own, as far as scores may differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from gain_export.answers import Run
from gain_export.names import CLASS_MAP, PROBABILITIES
from gain_export.parity import SCORES
from gain_export.segmenter_graph import SegmenterInference
from gain_tf.errors import FailedError
from gain_tf.segmentation.labelling import enlarged

SHORTFALL = 2 * SCORES
"""Largest difference between the likeliest class's probability and the exported class's."""


@dataclass(frozen=True)
class MapParity:
    """How far an exported segmenter is from the training, at its worst.

    Attributes:
        images: how many were compared.
        scores: largest difference of a score.
        cells: largest difference of a probability of a cell.
        shortfall: largest difference, over all pixels, between the training's likeliest class and
            the exported one, in the training's probabilities.
        pixels: share of the pixels whose class differs, ties all.
        worst: the image that differs most, as a share of what is allowed.
    """

    images: int
    scores: float
    cells: float
    shortfall: float
    pixels: float
    worst: str

    @property
    def passed(self) -> bool:
        """Whether all differences are within what is allowed; NaN never is."""
        return max(self.scores, self.cells) <= SCORES and self.shortfall <= SHORTFALL

    def figures(self) -> dict[str, Any]:
        """Return what `parity.json` keeps."""
        return {
            "images": self.images,
            "scores": {"largest_difference": self.scores, "allowed": SCORES},
            "probabilities": {"largest_difference": self.cells, "allowed": SCORES},
            "class_map": {
                "largest_shortfall": self.shortfall,
                "allowed": SHORTFALL,
                "pixels_different": self.pixels,
            },
            "worst_image": self.worst,
            "passed": self.passed,
        }


def compare_maps(
    inference: SegmenterInference,
    batches: Iterable[tf.Tensor],
    run: Run,
    pictures: Sequence[np.ndarray],
    ids: Sequence[str],
) -> MapParity:
    """Compare an exported segmenter with the training, picture by picture.

    Args:
        inference: what is exported.
        batches: the pictures as the training's own pipeline gives them, (B, H, W, 3).
        run: the exported model.
        pictures: uint8 RGB (H, W, 3) each, any size.
        ids: names of the pictures.
    """
    scores, cells, shortfalls, different, pixels = [], [], [], 0, 0
    references = _references(inference, batches)
    for picture, (known_scores, known_cells) in zip(pictures, references, strict=True):
        answer = run(picture[np.newaxis])
        found = np.asarray(answer[CLASS_MAP])[0].astype(np.int64)
        known = enlarged(picture, known_cells)
        likeliest = known.argmax(axis=-1)
        named = np.take_along_axis(known, found[..., np.newaxis], axis=-1)[..., 0]
        scores.append(_largest(known_scores - np.asarray(answer["scores"])[0]))
        cells.append(_largest(known_cells - np.asarray(answer[PROBABILITIES])[0]))
        shortfalls.append(_largest(known.max(axis=-1) - named))
        different += int((likeliest != found).sum())
        pixels += found.size
    badness = np.max(
        [np.divide(scores, SCORES), np.divide(cells, SCORES), np.divide(shortfalls, SHORTFALL)],
        axis=0,
    )
    return MapParity(
        images=len(scores),
        scores=max(scores),
        cells=max(cells),
        shortfall=max(shortfalls),
        pixels=different / pixels,
        worst=ids[int(badness.argmax())],
    )


def require_maps(parity: MapParity, what: str) -> None:
    """Refuse a file that does not answer as the training does.

    Args:
        parity: of the file.
        what: the file's kind, for the message.

    Raises:
        FailedError: names the image that differs most.
    """
    if not parity.passed:
        raise FailedError(
            f"{what} does not answer as the training does and was not kept: over {parity.images} "
            f"images scores differ by up to {parity.scores:.2g}, probabilities of cells by "
            f"{parity.cells:.2g}, and the class of {parity.pixels:.2%} of the pixels, by up to "
            f"{parity.shortfall:.2g} in probability; allowed are {SCORES:g}, {SCORES:g} and "
            f"{SHORTFALL:g}; the image that differs most is {parity.worst}"
        )


def _references(
    inference: SegmenterInference, batches: Iterable[tf.Tensor]
) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """Ask the model as it was trained: scores (C,) and probabilities (h, w, C + 1) an image."""
    for images in batches:
        logits = inference.model.logits(images, training=False)
        scores = inference.model.image_scores(logits)
        yield from zip(scores.numpy(), tf.nn.softmax(logits).numpy(), strict=True)


def _largest(difference: np.ndarray) -> float:
    """Largest difference; infinite where there is none to be had."""
    return float(np.nan_to_num(np.abs(difference), nan=np.inf).max())
