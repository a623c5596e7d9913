"""One config over several seeds: mean and standard deviation of every row.

    python benchmarks/evidence.py configs/workpiece.yaml --seeds 1 2 3 --out docs/results/x.md
        [--row 'mining={guidance.omega: 0.0}'] [--split unbiased]

Each seed is an ordinary run of `gain-tf fit` with `run.resume=true`: an interrupted study goes on.
Differences are paired: the same seed, the same data, the same annotated images.
"""

import argparse
import os
import shlex
import statistics
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from gain_tf.config import load_config
from gain_tf.report.result import BASELINE
from gain_tf.report.table import COLUMNS
from gain_tf.training.rows import rows_of
from gain_tf.training.run import fit_run
from gain_tf.training.run_folder import read_figures, row_folder

Figures = dict[str, list[dict[str, Any]]]


def value_of(figures: dict[str, Any], section: str, key: str) -> float | None:
    """Return one figure in per cent."""
    value = figures.get(section, {}).get(key)
    return None if value is None else 100 * value


def spread(values: list[float | None]) -> str:
    """Write mean and standard deviation over seeds."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    deviation = f" ± {statistics.stdev(known):.1f}" if len(known) > 1 else ""
    return f"{statistics.mean(known):.1f}{deviation}"


def paired(figures: Figures, row: str) -> str:
    """Write the differences of accuracy to the baseline, seed by seed."""
    pairs = zip(figures[row], figures[BASELINE], strict=True)
    differences = [
        100 * (own["classification"]["accuracy"] - plain["classification"]["accuracy"])
        for own, plain in pairs
    ]
    return " ".join(f"{difference:+.1f}" for difference in differences)


def table(figures: Figures) -> str:
    """Lay the figures out in Markdown."""
    headings = [heading for heading, *_ in COLUMNS]
    lines = [
        f"| row | {' | '.join(headings)} | accuracy over plain, seed by seed |",
        "|---" * (len(headings) + 2) + "|",
    ]
    for row, seeds in figures.items():
        cells = [spread([value_of(own, *place) for own in seeds]) for _, *place in COLUMNS]
        against = paired(figures, row) if BASELINE in figures else "-"
        lines.append(f"| {row} | {' | '.join(cells)} | {against} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="One config over several seeds.")
    parser.add_argument("config")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--row", action="append", default=[], metavar="NAME={KEY: VALUE}")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = [f"evaluation.rows.{row}" for row in options.row]
    figures: Figures = {}
    for number, seed in enumerate(options.seeds, start=1):
        settings = [*options.overrides, *rows, f"seed={seed}", "run.resume=true"]
        config = load_config(options.config, settings)
        folder = fit_run(config)
        for row in rows_of(config):
            judged = read_figures(row_folder(folder, row.name))
            figures.setdefault(row.name, []).append(judged or {})
        text = summary(figures, options.seeds[:number])
        print(text, flush=True)
        if options.out is not None:
            options.out.parent.mkdir(parents=True, exist_ok=True)
            options.out.write_text(text, encoding="utf-8")


def summary(figures: Figures, seeds: list[int]) -> str:
    """Write the table of the seeds that are done, under the command that made it."""
    first = next(iter(figures.values()))[0]
    return (
        f"`python {shlex.join(sys.argv)}`\n\n"
        f"{first['images']} images of the {first['split']} split; mean ± standard deviation over "
        f"seeds {', '.join(map(str, seeds))}, per cent.\n\n{table(figures)}\n"
    )


if __name__ == "__main__":
    main()
