"""The comparison as a table for the terminal."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table

from gain_tf.report.result import RowResult

COLUMNS = (
    ("accuracy", "classification", "accuracy"),
    ("balanced", "classification", "balanced_accuracy"),
    ("energy in mask", "attention", "energy_in_mask"),
    ("mask area", "attention", "mask_area"),
    ("pointing", "attention", "pointing_game"),
    ("IoU", "attention", "iou"),
    ("zero maps", "attention", "zero_maps"),
)
"""Heading, section and key of each figure."""


def comparison_table(results: Sequence[RowResult]) -> Table:
    """Lay out the figures of every row, in per cent, verdicts with their 95 % intervals."""
    figures = results[0].figures
    table = Table(title=f"{figures['images']} images of the {figures['split']} split, per cent")
    table.add_column("row", no_wrap=True)
    for heading, _, _ in COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        table.add_row(result.name, *(_cell(result.figures, *place) for _, *place in COLUMNS))
    return table


def _cell(figures: dict[str, Any], section: str, key: str) -> str:
    value = figures.get(section, {}).get(key)
    if value is None:
        return "-"
    interval = figures[section]["intervals"].get(key) if section == "classification" else None
    spread = f" [{interval[0] * 100:.0f}, {interval[1] * 100:.0f}]" if interval else ""
    return f"{value * 100:.1f}{spread}"
