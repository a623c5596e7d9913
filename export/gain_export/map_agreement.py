"""A segmenter in eight bits: kept only where it names the same classes, and faster."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gain_export.answers import onnx_run, session_of
from gain_export.int8 import OVERLAP, SPEED, VERDICTS, speed_up
from gain_tf.evaluation.figures_of_merit import verdicts_of
from gain_tf.metrics import PixelConfusion, segmentation_figures

PIXELS = 0.99
"""Share of pixels of the same class that is asked."""


@dataclass(frozen=True)
class MapAgreement:
    """What the eight-bit file is worth beside the float file.

    Attributes:
        images: how many were compared.
        verdicts: share of images of which both say the same classes.
        pixels: share of all pixels that have the same class.
        overlap: intersection over union of what is of a class in either, mean over the classes:
            it falls where a small class is lost among the pixels of the background.
        speed: how many times faster, median of interleaved calls.
    """

    images: int
    verdicts: float
    pixels: float
    overlap: float
    speed: float

    @property
    def shortcomings(self) -> list[str]:
        """Why the file is not kept; nothing where it is."""
        found = []
        if self.verdicts < VERDICTS:
            found.append(f"{self.verdicts:.1%} of the verdicts agree, {VERDICTS:.0%} are asked")
        if self.pixels < PIXELS:
            found.append(f"{self.pixels:.1%} of the pixels agree, {PIXELS:.0%} are asked")
        if self.overlap < OVERLAP:
            found.append(f"the classes overlap by {self.overlap:.2f}, {OVERLAP} is asked")
        if self.speed < SPEED:
            found.append(f"it is {self.speed:.2f} times as fast here, {SPEED} is asked")
        return found

    def figures(self) -> dict[str, Any]:
        """Return what `parity.json` keeps."""
        return {
            "images": self.images,
            "verdicts_agree": self.verdicts,
            "pixels_agree": self.pixels,
            "class_overlap": self.overlap,
            "speed_up": self.speed,
            "shipped": not self.shortcomings,
            "why_not": self.shortcomings,
        }


def map_agreement(
    floating: Path, quantised: Path, pictures: Sequence[np.ndarray], classes: int
) -> MapAgreement:
    """Compare an eight-bit segmenter with its float file, picture by picture.

    Args:
        floating: the float file.
        quantised: the eight-bit file.
        pictures: uint8 RGB (H, W, 3) each.
        classes: how many, the background among them.
    """
    slow, fast = onnx_run(session_of(floating)), onnx_run(session_of(quantised))
    confusion, same = PixelConfusion(classes), []
    for picture in pictures:
        known, found = (run(picture[np.newaxis]) for run in (slow, fast))
        confusion.update(known["class_map"], found["class_map"])
        before, after = (verdicts_of(answer["scores"], False) for answer in (known, found))
        same.append(np.array_equal(before, after))
    figures = segmentation_figures(confusion.counts)
    return MapAgreement(
        images=len(pictures),
        verdicts=float(np.mean(same)),
        pixels=figures.pixel_accuracy,
        overlap=figures.miou,
        speed=speed_up(slow, fast, pictures[0]),
    )
