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

OF_RELIABILITY = (
    ("mean average precision", "classification", "map"),
    ("calibration error", "classification", "calibration_error"),
    ("accuracy, 10 % rejected", "classification", "accuracy_rejecting_10"),
    ("worst group", "classification", "worst_group_accuracy"),
    ("deletion", "faithfulness", "deletion"),
    ("insertion", "faithfulness", "insertion"),
)
"""The same of how far verdicts and maps can be relied on: too wide for the terminal."""

OF_SEGMENTERS = (
    ("cue mIoU", "segmentation", "miou"),
    ("segmenter mIoU", "segmenter", "miou"),
)
"""The same, where a row has a segmenter."""


def figures_on(result: RowResult, split: str) -> dict[str, Any]:
    """Return the figures of a row on a split; nothing where it was not judged on it."""
    if result.figures.get("split") == split:
        return result.figures
    return result.figures.get("splits", {}).get(split, {})


def comparison_table(results: Sequence[RowResult], split: str) -> Table:
    """Lay out the figures of every row, in per cent, verdicts with their 95 % intervals.

    Args:
        results: of the rows.
        split: that they were judged on.

    Returns:
        The table.
    """
    images = figures_on(results[0], split).get("images", 0)
    table = Table(title=f"{images} images of the {split} split, per cent")
    table.add_column("row", no_wrap=True)
    segmenters = any("segmenter" in result.figures for result in results)
    columns = COLUMNS + OF_SEGMENTERS if segmenters else COLUMNS
    for heading, _, _ in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        figures = figures_on(result, split)
        table.add_row(result.name, *(_cell(figures, *place) for _, *place in columns))
    return table


def _cell(figures: dict[str, Any], section: str, key: str) -> str:
    value = figures.get(section, {}).get(key)
    if value is None:
        return "-"
    interval = figures[section]["intervals"].get(key) if section == "classification" else None
    spread = f" [{interval[0] * 100:.0f}, {interval[1] * 100:.0f}]" if interval else ""
    return f"{value * 100:.1f}{spread}"
