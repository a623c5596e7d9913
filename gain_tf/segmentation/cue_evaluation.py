"""What cues are worth against masks: as they were written, and at every threshold of a sweep."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.decode import read_mask
from gain_tf.metrics import PixelConfusion, SegmentationFigures, segmentation_figures
from gain_tf.segmentation.cue_files import CueFolder, ImageCues, enlarged_maps
from gain_tf.segmentation.cues import foreground_cues, settle

THRESHOLDS: Sequence[float] = tuple(np.round(np.arange(0.05, 1.0, 0.05), 2).tolist())
"""Of the sweep."""


@dataclass
class CueEvaluation:
    """Counts of a split, filled image by image.

    Attributes:
        size: number C + 1 of classes and background.
        thresholds: of the sweep, ascending.
        images: how many were judged.
        written: pixels of the pseudo labels as they were written, unknown ones in a last column.
        sweep: for each threshold the pixels of attention above it, conflicts settled, all the
            rest background.
    """

    size: int
    thresholds: Sequence[float] = THRESHOLDS
    images: int = 0
    written: PixelConfusion = field(init=False)
    sweep: list[PixelConfusion] = field(init=False)

    def __post_init__(self) -> None:
        self.written = PixelConfusion(self.size, undecided=True)
        self.sweep = [PixelConfusion(self.size) for _ in self.thresholds]

    def judge(self, cues: ImageCues, labels: np.ndarray, mask: np.ndarray) -> None:
        """Judge one image.

        Args:
            cues: of the image.
            labels: its pseudo labels, uint8 (H, W).
            mask: class index + 1, 0 background, 255 ignored, uint8 (H, W).
        """
        self.images += 1
        self.written.update(mask, labels)
        attention = enlarged_maps(cues.attention, mask.shape)
        values = np.array([0, *(category + 1 for category in cues.classes)], np.uint8)
        for threshold, confusion in zip(self.thresholds, self.sweep, strict=True):
            regions = settle(foreground_cues(attention, threshold))
            places = (regions * np.arange(1, len(values))[:, None, None]).sum(axis=0)
            confusion.update(mask, values[places])

    def at(self, number: int) -> SegmentationFigures:
        """Return the figures of threshold `number` of the sweep."""
        return segmentation_figures(self.sweep[number].counts)

    @property
    def best(self) -> int:
        """Which threshold has the highest mIoU; the lowest of several."""
        return int(np.nanargmax([self.at(n).miou for n in range(len(self.thresholds))]))

    def figures(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what `cues.json` holds of the evaluation.

        Args:
            names: of the classes, background first.
        """
        sweep = [self.at(number) for number in range(len(self.thresholds))]
        written = segmentation_figures(self.written.counts)
        total = max(int(self.written.counts.sum()), 1)
        return {
            "images": self.images,
            "pseudo_labels": {
                "of": "pseudo labels as written; unknown pixels are misses",
                "unknown": float(self.written.counts[:, -1].sum() / total),
                **written.named(names),
            },
            "best": {
                "of": "attention above the threshold with the highest mIoU, the rest background",
                "threshold": self.thresholds[self.best],
                **sweep[self.best].named(names),
            },
            "sweep": [
                {
                    "threshold": threshold,
                    "miou": each.miou,
                    "precision": _mean(each.precision),
                    "recall": _mean(each.recall),
                }
                for threshold, each in zip(self.thresholds, sweep, strict=True)
            ],
        }


def evaluate_cues(
    folder: CueFolder, data: DataSet, split: Split, indices: Iterable[int], threshold: float
) -> CueEvaluation:
    """Judge the cues of a split against its masks, in one pass.

    Args:
        folder: where the cues are.
        data: names the classes.
        split: of the cues.
        indices: images that are done and have a mask.
        threshold: that the cues were made with; the sweep holds it too.

    Returns:
        The counts.
    """
    thresholds = sorted({*THRESHOLDS, round(threshold, 4)})
    evaluation = CueEvaluation(len(data.class_names) + 1, thresholds)
    for index in indices:
        identifier = split.ids[index]
        labels = read_mask(folder.label(identifier))
        evaluation.judge(folder.read(identifier), labels, split.pictures.mask(index))
    return evaluation


def _mean(values: np.ndarray) -> float | None:
    """Average over the classes for which there is something to count."""
    return None if np.isnan(values).all() else float(np.nanmean(values))
