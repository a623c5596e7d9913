"""The figures of a study's runs, row by row and seed by seed."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gain_tf.config import Config
from gain_tf.files import replacing
from gain_tf.report.result import with_segmenter
from gain_tf.report.table import COLUMNS, OF_RELIABILITY, OF_SEGMENTERS
from gain_tf.studies.plan import Cell
from gain_tf.training.rows import attention_row, rows_of
from gain_tf.training.run_classes import CLASSES, read_classes
from gain_tf.training.run_folder import SEGMENTER, begun_run, read_figures, row_folder

FIGURES = COLUMNS + OF_RELIABILITY + OF_SEGMENTERS
"""Heading, section and key of each figure of a study."""


@dataclass(frozen=True)
class Judged:
    """One trained and judged row of one run.

    Attributes:
        point: of the grid.
        row: name.
        seed: of the run.
        folder: of the row's attention network.
        annotated: images whose mask or boxes the row was trained with; None for all there are.
        figures: what its `evaluation.json` holds.
        control: the row of the same run that differs from it in nothing but that its annotation
            is rolled to random places; None where there is none.
        begun_with: what tells the images and labels of each split from others; None where the run
            does not say.
        noise: by how much the row's annotation is careless, see `data.budget.noise`.
        exact: the row of the same run that differs from it in nothing but that its annotation is
            not careless; empty where there is none.
    """

    point: dict[str, Any]
    row: str
    seed: int
    folder: Path
    annotated: int | None
    figures: dict[str, Any]
    control: str | None = None
    begun_with: dict[str, Any] | None = None
    noise: float = 0.0
    exact: str = ""

    def value(self, section: str, key: str) -> float | None:
        """Return one figure, a share; None where the row does not have it."""
        return self.figures.get(section, {}).get(key)

    @property
    def elsewhere(self) -> dict[str, float]:
        """Return the accuracy on every other test split, by the split's name."""
        others = self.figures.get("splits", {})
        return {name: of["classification"]["accuracy"] for name, of in others.items()}


def gather(cells: Sequence[Cell]) -> list[Judged]:
    """Read the figures of every finished row.

    Args:
        cells: the runs of a study, finished or not.

    Returns:
        A line for each of them.
    """
    return [judged for cell in cells for judged in _of(cell)]


def _of(cell: Cell) -> Iterable[Judged]:
    # Of an unfinished run the rows that are done count.
    folder = cell.folder or begun_run(cell.config)
    if folder is None:
        return
    rows = rows_of(cell.config)
    controls = {_but(row.config, "placement"): row.name for row in rows if _is_rolled(row.config)}
    exact = {
        _but(row.config, "noise"): row.name for row in rows if not row.config.data.budget.noise
    }
    begun_with = read_classes(folder).get("splits") if (folder / CLASSES).is_file() else None
    for row in rows:
        place = row_folder(folder, attention_row(rows, row).name)
        figures = read_figures(place)
        segmenter = read_figures(row_folder(folder, row.name) / SEGMENTER)
        if figures is not None:
            if segmenter is not None:
                from_cues = row.config.segmenter.supervision == "cues"
                figures = with_segmenter(figures, segmenter, from_cues=from_cues)
            annotated = _annotated(row.config)
            # Whatever lies elsewhere on purpose is a control itself.
            placed = row.config.data.budget.placement == "true"
            control = controls.get(_but(row.config, "placement")) if placed else None
            yield Judged(
                cell.point,
                row.name,
                cell.seed,
                place,
                annotated,
                figures,
                control,
                begun_with,
                row.config.data.budget.noise,
                exact.get(_but(row.config, "noise"), ""),
            )


def _is_rolled(config: Config) -> bool:
    return config.data.budget.placement == "rolled"


def _but(config: Config, key: str) -> str:
    """Write all that a config says but one key of `data.budget`."""
    return config.model_dump_json(exclude={"data": {"budget": {key}}})


def _annotated(config: Config) -> int | None:
    """Count the images whose annotation a row is trained with; None for all there are."""
    if config.segmenter.network is not None and config.segmenter.supervision == "masks":
        return None
    guidance, budget = config.guidance, config.data.budget
    swaps = config.data.background_swap > 0
    counts = [
        count
        for count, used in (
            (budget.masks, guidance.uses_masks),
            (budget.boxes, guidance.uses_boxes),
        )
        if used or swaps
    ]
    return None if "all" in counts else sum(int(count) for count in counts)


def write_csv(judged: Sequence[Judged], path: Path) -> None:
    """Write a line for each row of each run: the grid's keys, the row, the seed, the figures."""
    keys = list(dict.fromkeys(key for each in judged for key in each.point))
    names = [f"{section}.{key}" for _, section, key in FIGURES]
    others = list(dict.fromkeys(name for each in judged for name in each.elsewhere))
    names += [f"splits.{name}.classification.accuracy" for name in others]
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*keys, "row", "seed", "annotated", *names, "folder"])
        for each in judged:
            figures = [each.value(section, key) for _, section, key in FIGURES]
            figures += [each.elsewhere.get(name) for name in others]
            point = [each.point.get(key) for key in keys]
            annotated = "all" if each.annotated is None else each.annotated
            writer.writerow([*point, each.row, each.seed, annotated, *figures, each.folder])
