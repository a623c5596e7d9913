"""The segmenters of a run on its page: figures of each row, class by class, pictures, curves."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from gain_tf.config import Config
from gain_tf.config.load import row_of
from gain_tf.data.dataset import DataSet
from gain_tf.report.curves import curves_figure
from gain_tf.report.result import RowResult
from gain_tf.report.segmentation_sheet import segmentation_figure, segmentation_lines, shown_images
from gain_tf.report.style import embedded, save

SHEET, CURVES = "segmentation.png", "segmenter_curves.png"


def segmentation_part(
    folder: Path, config: Config, data: DataSet, results: Sequence[RowResult]
) -> dict[str, Any] | None:
    """Gather what the page says of segmenters.

    Args:
        folder: of the run; the pictures go there too.
        config: of the run.
        data: the data set.
        results: the rows.

    Returns:
        `rows` (a line for each row with a segmenter: figures are shares, `expected` per cent),
        `classes` (IoU of each class, a value a row), `published` and `crf` (whether a row has
        such figures), `images`, and the addresses of the pictures `sheet` and `curves`; None
        where no row has a segmenter.
    """
    judged = [
        (number, result) for number, result in enumerate(results) if "segmenter" in result.figures
    ]
    if not judged:
        return None
    rows = [_row(number, result, config) for number, result in judged]
    found = [result.figures["segmenter"] for _, result in judged]
    return {
        "rows": rows,
        "classes": [
            {"name": name, "iou": [figures["per_class"][name]["iou"] for figures in found]}
            for name in found[0]["per_class"]
        ],
        "images": found[0]["images"],
        "published": any(row["expected"] is not None for row in rows),
        "crf": any(row["plain"] is not None for row in rows),
        **_pictures(folder, config, data, results),
    }


def _row(number: int, result: RowResult, config: Config) -> dict[str, Any]:
    figures = result.figures["segmenter"]
    settings = row_of(config, result.changes).segmenter
    from_cues = settings.supervision == "cues"
    return {
        "number": number,
        "result": result,
        "learned": f"{settings.method}, cues" if from_cues else "all masks",
        "cue": result.figures.get("segmentation", {}).get("miou"),
        "miou": figures["miou"],
        "plain": figures.get("without_crf", {}).get("miou"),
        "accuracy": figures["pixel_accuracy"],
        "expected": settings.expected.miou,
    }


def _pictures(
    folder: Path, config: Config, data: DataSet, results: Sequence[RowResult]
) -> dict[str, str | None]:
    lines = segmentation_lines(shown_images(config, data), results, data)
    sheet = None
    if lines:
        figure = segmentation_figure(lines)
        save(figure, folder / SHEET)
        sheet = embedded(figure, photographs=True)
    # A row without a segmenter keeps its colour, and has no line.
    nowhere = folder / "no segmenter"
    figure = curves_figure([replace(each, folder=each.segmenter or nowhere) for each in results])
    if figure is not None:
        save(figure, folder / CURVES)
    return {"sheet": sheet, "curves": None if figure is None else embedded(figure)}
