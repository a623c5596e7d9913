"""Which runs a study consists of, and which of them are done."""

import hashlib
import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gain_tf.config import Config
from gain_tf.config.load import changed
from gain_tf.config.study import LONGER, Study, longer
from gain_tf.training.run_folder import finished_run

RUNS = "runs"

LONGEST = 80
"""Characters of a run's name that say which point of the grid it is."""


@dataclass(frozen=True)
class Cell:
    """One run of a study.

    Attributes:
        point: keys of the grid and their values in this run.
        seed: of the run.
        config: complete.
    """

    point: dict[str, Any]
    seed: int
    config: Config

    @property
    def name(self) -> str:
        """Return what tells the run from the others, fit for a file."""
        return f"{self.config.name}_seed-{self.seed}"

    @property
    def folder(self) -> Path | None:
        """Return the finished run; None where it is not done."""
        return finished_run(self.config)


def study_folder(study: Study) -> Path:
    """Return where a study keeps its runs and its results."""
    return study.root / study.name


def cells(study: Study, base: Config) -> list[Cell]:
    """List the runs: every combination of the grid's values, seed by seed.

    The first seed of all points comes first, so that a study that is stopped has something to say
    about each of them.

    Args:
        study: what is varied.
        base: with the rows of the study.

    Returns:
        The runs in the order of work.

    Raises:
        ConfigError: a value of the grid is wrong.
    """
    points = [
        dict(zip(study.grid, values, strict=True))
        for values in itertools.product(*study.grid.values())
    ]
    return [_cell(study, base, point, seed) for seed in study.seeds for point in points]


def _cell(study: Study, base: Config, point: dict[str, Any], seed: int) -> Cell:
    own = {
        **point,
        "name": _slug(point) or "base",
        "seed": seed,
        "run.root": str(study_folder(study) / RUNS),
        "run.resume": True,
        "run.rows": None,
    }
    if study.parallel > 1:
        # The cores are shared already.
        own["run.parallel"] = 1
    source = f"{study.name}: grid"
    config = changed(base, own, source)
    rows = config.evaluation.rows
    if rows.get(LONGER) == longer(base):
        # The grid may have changed for how long the guided network is trained.
        rows = {**rows, LONGER: longer(config)}
        config = changed(config, {"evaluation.rows": rows}, source)
    return Cell(point, seed, config)


def described(point: dict[str, Any]) -> str:
    """Write a point of the grid for people: the last word of each key, and its value."""
    return ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in point.items())


def _slug(point: dict[str, Any]) -> str:
    """Write a point for a file; what is lost of it stays told apart by a number made of it."""
    text = "_".join(f"{key.rpartition('.')[2]}-{value}" for key, value in point.items())
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip("-._")[:LONGEST]
    if plain == text:
        return plain
    return f"{plain}_{hashlib.sha256(text.encode()).hexdigest()[:8]}".lstrip("_")
