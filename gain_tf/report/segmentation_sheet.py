"""From attention to masks in pictures: image, truth, and the cues and the segmenter of each row."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from matplotlib.figure import Figure

from gain_tf.config import Config
from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.decode import read_mask
from gain_tf.report.drawing import draw_classes, enlarged_to
from gain_tf.report.examples import Shown, choose
from gain_tf.report.result import RowResult
from gain_tf.report.style import INK
from gain_tf.segmentation.cue_files import CueFolder
from gain_tf.segmentation.cues import label_map

EXAMPLES = "examples"
"""Below the folder of a segmenter: its masks of the images that are shown."""

CUES = "cues"
"""Below the folder of an attention network: a folder of cues for each split."""

MOST = 6
"""Images across: as many as can be told on the page."""

CELL, HEADING = 1.55, 0.26
"""Width of a picture, and height of the line above it, in inches."""

LONGER_SIDE = 240
"""Of a picture in pixels."""


@dataclass(frozen=True)
class Line:
    """One line of the sheet.

    Attributes:
        heading: above it.
        pictures: uint8 RGB, one for each image that is shown.
    """

    heading: str
    pictures: Sequence[np.ndarray]


def shown_images(config: Config, data: DataSet) -> list[Shown]:
    """Choose the images that the sheet shows: always the same for a data set."""
    wanted = min(config.evaluation.figures, MOST)
    return choose(data.splits[data.evaluated], data.unguided_classes, wanted)


def segmentation_lines(
    shown: Sequence[Shown], results: Sequence[RowResult], data: DataSet
) -> list[Line]:
    """Draw the lines of the sheet from what the rows wrote down.

    Args:
        shown: the images.
        results: the rows; those without a segmenter, or without its examples, are left out.
        data: of the images, of the split that is reported on.

    Returns:
        Image, truth, then of each row its cues, unless an earlier row has the same, and its
        segmenter's masks; nothing where no row has any.
    """
    split, names = data.splits[data.evaluated], data.class_names
    ids = [split.ids[each.image] for each in shown]
    pictures = [_picture(split, each.image) for each in shown]
    lines, drawn = [], set()
    for result in results:
        masks = [] if result.segmenter is None else _masks(result.segmenter, ids)
        if len(masks) < max(len(shown), 1):
            continue
        cues = CueFolder(result.folder / CUES / data.evaluated)
        if cues.path not in drawn and all(cues.has(name) for name in ids):
            drawn.add(cues.path)
            maps = [label_map(cues.read(name).cells) for name in ids]
            lines.append(Line(f"{result.name}: cues", _drawn(pictures, maps, names, cells=True)))
        lines.append(Line(f"{result.name}: segmenter", _drawn(pictures, masks, names)))
    if not lines:
        return []
    truth = [
        split.pictures.mask(each.image)
        if split.has_mask[each.image]
        else np.zeros((1, 1), np.uint8)
        for each in shown
    ]
    return [
        Line("image", pictures),
        Line("truth", _drawn(pictures, truth, names)),
        *lines,
    ]


def segmentation_figure(lines: Sequence[Line]) -> Figure:
    """Draw lines of pictures below each other, a column an image."""
    across = len(lines[0].pictures)
    tallest = max(picture.shape[0] / picture.shape[1] for picture in lines[0].pictures)
    high = CELL * min(tallest, 1.5)
    width, height = across * CELL, len(lines) * (high + HEADING)
    figure = Figure(figsize=(width, height))
    for number, line in enumerate(lines):
        top = 1 - number * (high + HEADING) / height
        figure.text(
            0.004,
            top - HEADING / 2 / height,
            line.heading,
            va="center",
            fontsize=9,
            fontweight="bold",
            color=INK,
            parse_math=False,
        )
        for column, picture in enumerate(line.pictures):
            bottom = top - (high + HEADING) / height
            gap = 0.012 / across
            axes = figure.add_axes(
                (column / across + gap, bottom, 1 / across - 2 * gap, high / height)
            )
            axes.imshow(picture, interpolation="antialiased")
            axes.axis("off")
    return figure


def _picture(split: Split, index: int) -> np.ndarray:
    return enlarged_to(split.pictures.image(index), LONGER_SIDE)


def _masks(folder: Path, ids: Sequence[str]) -> list[np.ndarray]:
    paths = [folder / EXAMPLES / f"{name}.png" for name in ids]
    return [read_mask(path) for path in paths if path.is_file()]


def _drawn(
    pictures: Sequence[np.ndarray],
    masks: Sequence[np.ndarray],
    names: Sequence[str],
    *,
    cells: bool = False,
) -> list[np.ndarray]:
    """Tint classes; of cues, darken what is claimed for background."""
    found = []
    for picture, mask in zip(pictures, masks, strict=True):
        size = picture.shape[1], picture.shape[0]
        large = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
        below = np.where((large == 0)[..., None], picture // 3, picture) if cells else picture
        found.append(draw_classes(below, large, names))
    return found
