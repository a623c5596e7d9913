"""`report.html`: a run on one page that needs no other file."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from matplotlib.figure import Figure

from gain_tf.config import Config
from gain_tf.data.dataset import DataSet
from gain_tf.evaluation.evaluation_files import PREDICTIONS
from gain_tf.files import read_json, replacing
from gain_tf.metrics import SIZES
from gain_tf.models.gain import GAIN
from gain_tf.report import words
from gain_tf.report.attention_sheet import attention_figure
from gain_tf.report.confusion import confusion_figure, read_verdicts
from gain_tf.report.curves import curves_figure
from gain_tf.report.examples import answers, choose
from gain_tf.report.reliability import reliability_figure
from gain_tf.report.result import RowResult, one_a_network
from gain_tf.report.segmentation_part import segmentation_part
from gain_tf.report.style import embedded, row_colour, save
from gain_tf.report.table import COLUMNS, OF_RELIABILITY, figures_on
from gain_tf.report.templates import templates

PAGE = "report.html"

SHEET_LINES = 5
"""Images a picture of the page: as many as fit on a sheet of paper."""


def write_report(
    folder: Path,
    config: Config,
    data: DataSet,
    results: Sequence[RowResult],
    models: Mapping[str, GAIN],
) -> None:
    """Write the pictures of a run, and last its page: where the page is, the run is finished.

    Args:
        folder: of the run; `attention.png`, `curves.png`, `confusion_matrix.png`,
            `reliability.png` and `report.html` go there.
        config: of the run.
        data: the data set.
        results: the rows, trained and judged.
        models: of the rows, by name.
    """
    networks = one_a_network(results)
    pictures = {
        "curves": _curves(folder, results),
        "confusion": _confusion(folder, data, networks),
        "reliability": _reliability(folder, networks),
        "attention": _attention(folder, config, data, networks, models),
    }
    contents = _contents(folder, config, data, results)
    contents["segmentation"] = segmentation_part(folder, config, data, results)
    page = _template().render(contents, pictures=pictures)
    with replacing(folder / PAGE) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _curves(folder: Path, results: Sequence[RowResult]) -> str | None:
    figure = curves_figure(results)
    return None if figure is None else _kept(figure, folder / "curves.png")


def _reliability(folder: Path, results: Sequence[RowResult]) -> str | None:
    figure = reliability_figure(results)
    return None if figure is None else _kept(figure, folder / "reliability.png")


def _confusion(folder: Path, data: DataSet, results: Sequence[RowResult]) -> dict[str, str]:
    """Draw a matrix a row; the run's own, in its folder, is the run's `confusion_matrix.png`."""
    shown = {}
    for result in results:
        truth, verdicts = read_verdicts(
            result.folder / PREDICTIONS, data.class_names, single_label=data.single_label
        )
        figure = confusion_figure(truth, verdicts, data, result.name)
        path = result.folder / "confusion_matrix.png"
        shown[result.name] = _kept(figure, path)
    return shown


def _attention(
    folder: Path,
    config: Config,
    data: DataSet,
    networks: Sequence[RowResult],
    models: Mapping[str, GAIN],
) -> list[str]:
    split = data.splits[data.evaluated]
    wanted = config.evaluation.figures if config.evaluation.attention else 0
    shown = choose(split, data.unguided_classes, wanted)
    if not shown:
        return []
    asked = {result.name: models[result.name] for result in networks}
    sizes = {result.name: result.image_size(config) for result in networks}
    found = answers(asked, shown, split, data, sizes, config.data.batch_size)
    save(attention_figure(shown, found, split, data), folder / "attention.png")
    parts = [slice(start, start + SHEET_LINES) for start in range(0, len(shown), SHEET_LINES)]
    return [
        embedded(
            attention_figure(
                shown[part], {name: row[part] for name, row in found.items()}, split, data
            ),
            photographs=True,
        )
        for part in parts
    ]


def _kept(figure: Figure, path: Path) -> str:
    save(figure, path)
    return embedded(figure)


def _template() -> Any:
    environment = templates("gain_tf.report")
    environment.filters["percent"] = percent
    return environment.get_template("report.html.j2")


def percent(value: float | None, digits: int = 1) -> str:
    """Write a share as a number of per cent; a dash where there is none."""
    return "-" if value is None else f"{value * 100:.{digits}f}"


def _contents(
    folder: Path, config: Config, data: DataSet, results: Sequence[RowResult]
) -> dict[str, Any]:
    guided = next(result.figures for result in results if result.name == words.GUIDED)
    environment = folder / "environment.json"
    budget, guidance = config.data.budget, config.guidance
    annotated = bool(
        (budget.masks and guidance.uses_masks) or (budget.boxes and guidance.uses_boxes)
    )
    return {
        "name": config.name,
        "config": config,
        "data": data,
        "results": results,
        "columns": COLUMNS,
        "reliability": [
            column for column in OF_RELIABILITY if _any_has(results, column[1], column[2])
        ],
        "sizes": _per_size(results),
        "others": {
            split: [figures_on(result, split) for result in results]
            for split in data.also_evaluated
        },
        "colours": [row_colour(number) for number in range(len(results))],
        "guided": guided,
        "command": f"gain-tf fit --config {shlex.quote(str(folder / 'config.yaml'))}",
        "environment": read_json(environment, "delete it") if environment.is_file() else {},
        "answers": [
            words.against_baseline(results),
            words.against_control(results, annotated=annotated),
            *words.other_rows(one_a_network(results)),
        ],
        "attention": words.about_attention(one_a_network(results)),
        "threshold": words.about_threshold(guided),
        "caution": words.ONE_SEED,
        "per_class": _per_class(data, results),
        "complete": yaml.safe_dump(
            config.model_dump(mode="json"), sort_keys=False, allow_unicode=True
        ),
    }


def _any_has(results: Sequence[RowResult], section: str, key: str) -> bool:
    return any(result.figures.get(section, {}).get(key) is not None for result in results)


def _per_size(results: Sequence[RowResult]) -> list[dict[str, Any]]:
    """Line up the figures of small, medium and large objects: lift and pointing of every row."""

    def of(result: RowResult, size: str) -> dict[str, Any]:
        return result.figures.get("attention", {}).get("per_size", {}).get(size, {})

    return [
        {
            "name": size,
            "maps": own[0]["maps"],
            "area": own[0]["mask_area"],
            "lift": [figures.get("energy_lift") for figures in own],
            "pointing": [figures.get("pointing_game") for figures in own],
        }
        for size in SIZES
        if (own := [of(result, size) for result in results])[0]
    ]


def _per_class(data: DataSet, results: Sequence[RowResult]) -> list[dict[str, Any]]:
    """Line up each class's figures: recall and energy in mask of every row."""

    def of(result: RowResult, section: str, name: str) -> dict[str, Any]:
        return result.figures.get(section, {}).get("per_class", {}).get(name, {})

    return [
        {
            "name": name,
            "images": of(results[0], "classification", name).get("images", 0),
            "area": of(results[0], "attention", name).get("mask_area"),
            "recall": [of(r, "classification", name).get("recall") for r in results],
            "energy": [of(r, "attention", name).get("energy_in_mask") for r in results],
        }
        for name in data.class_names
    ]
