"""What a study file may say: a base config, and what is varied about it."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator

from gain_tf.config.dotted import dotted
from gain_tf.config.load import ConfigError, changed, load_config, read_values
from gain_tf.config.schema import Config
from gain_tf.config.section import Section, Seed
from gain_tf.config.sentences import nearest, sentences

PLAIN = {"guidance.alpha": 0.0, "guidance.omega": 0.0}

CONTROLS: dict[str, dict[str, Any]] = {
    "mining alone": {"guidance.omega": 0.0},
    "guidance alone": {"guidance.alpha": 0.0},
    "swap": {**PLAIN, "data.background_swap": 0.75},
    "guided+swap": {"data.background_swap": 0.75},
    "rolled": {"data.budget.placement": "rolled"},
    "shuffled": {"data.budget.placement": "shuffled"},
    "centre": {"data.budget.placement": "centre"},
    "noise-10": {"data.budget.noise": 0.1},
    "noise-30": {"data.budget.noise": 0.3},
}
"""What guidance is held against, besides the plain network: a row's name and its changes."""

LONGER = "plain-longer"
"""The plain network, trained for as many operations as the guided one."""

SAME_COMPUTE = 2
"""Steps of the plain network that cost what one guided step costs, with one label an image."""


GUIDED, BASELINE = "guided", "baseline"
"""Rows that every study has: the run's own model, and the plain classifier."""

HOLD_CHANGES = ("evaluation.rows", "training.warm_up")
"""Keys of a config that hold changes of others."""

SETTLED = (
    "name",
    "run.root",
    "run.resume",
    "run.rows",
    "evaluation.baseline",
    "evaluation.control",
)
"""Keys of a config that a study settles itself: it trains the plain network, and names its runs."""


class Study(Section):
    """A grid of runs over one base config.

    `base` is a config file, from the study's own folder. `set` changes keys for all runs. `grid`
    names keys and the values each takes: a run for each combination and each of `seeds`. Every
    run trains its guided model, the plain one and one row for each of `controls` and `rows`.
    `against` names the rows that a row is held against, such as `{guided: [swap]}`; without it
    `guided` is held against every other row. `parallel` runs at once share the cores.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    base: Path
    set: dict[str, Any] = {}
    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (1, 2, 3)
    controls: tuple[str, ...] = (LONGER, *CONTROLS)
    rows: dict[str, dict[str, Any]] = {}
    against: dict[str, tuple[str, ...]] | None = None
    parallel: int = Field(default=1, ge=1)
    root: Path = Path("studies")

    @field_validator("set", "grid", mode="before")
    @classmethod
    def _dotted(cls, changes: Any) -> Any:
        return dotted(changes, kept=HOLD_CHANGES) if isinstance(changes, dict) else changes

    @field_validator("set", "grid")
    @classmethod
    def _free(cls, changes: dict[str, Any]) -> dict[str, Any]:
        if settled := [key for key in changes if key in SETTLED]:
            raise ValueError(f"{', '.join(settled)}: a study settles this itself")
        if "seed" in changes:
            raise ValueError("seed: the study's own key seeds says which")
        return changes

    @field_validator("grid")
    @classmethod
    def _different_values(cls, grid: dict[str, list[Any]]) -> dict[str, list[Any]]:
        for key, values in grid.items():
            if any(value in values[:number] for number, value in enumerate(values)):
                raise ValueError(f"{key} must name each value once")
        return grid

    @field_validator("controls")
    @classmethod
    def _known(cls, controls: tuple[str, ...]) -> tuple[str, ...]:
        for control in controls:
            if control not in (LONGER, *CONTROLS):
                raise ValueError(f"unknown control {control!r}{nearest(control, list(CONTROLS))}")
        return controls

    @field_validator("seeds")
    @classmethod
    def _different(cls, seeds: tuple[Seed, ...]) -> tuple[Seed, ...]:
        if len(set(seeds)) < len(seeds):
            raise ValueError("must name each seed once")
        return seeds


def load_study(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> tuple[Study, Config]:
    """Read a study file and its base config.

    Args:
        path: of a YAML file.
        overrides: `a.b=value` of the study, such as `seeds=[1]` or `set.training.epochs=1`.

    Returns:
        The study, and its base with `set`, `controls` and `rows` in it.

    Raises:
        ConfigError: a file cannot be read, or keys, types or values are wrong; all are named.
    """
    path = Path(path)
    try:
        study = Study.model_validate(read_values(path, overrides))
    except ValidationError as error:
        problems = sentences(error, Study)
        raise ConfigError("\n".join(f"{path}: {problem}" for problem in problems)) from error
    base = changed(load_config(path.parent / study.base), study.set, f"{path}: set")
    complete = _with_rows(study, base, f"{path}: rows")
    _check_against(study, [GUIDED, BASELINE, *complete.evaluation.rows], f"{path}: against")
    return study, complete


def pairs_of_rows(study: Study, config: Config) -> list[tuple[str, str]]:
    """Return which rows are held against each other, in order.

    Args:
        study: names them, or leaves it at `guided` against every other row.
        config: with the rows of the study.
    """
    others = (BASELINE, *config.evaluation.rows)
    against = {GUIDED: others} if study.against is None else study.against
    return [(row, other) for row, others in against.items() for other in others]


def longer(config: Config) -> dict[str, Any]:
    """Return what the plain row of equal compute changes."""
    return {**PLAIN, "training.epochs": SAME_COMPUTE * config.training.epochs}


def _check_against(study: Study, rows: Sequence[str], source: str) -> None:
    problems = []
    for row, others in (study.against or {}).items():
        unknown = dict.fromkeys(name for name in (row, *others) if name not in rows)
        problems += [f"{source}: there is no row {name!r}{nearest(name, rows)}" for name in unknown]
        problems += [f"{source}: {row!r} is held against itself"] if row in others else []
    if problems:
        raise ConfigError("\n".join(problems))


def _with_rows(study: Study, base: Config, source: str) -> Config:
    """Give the base the plain network, its own rows, the controls and the study's rows."""
    rows = dict(base.evaluation.rows)
    for name in study.controls:
        changes = longer(base) if name == LONGER else CONTROLS[name]
        if changes in rows.values():
            continue
        if name in rows:
            raise ConfigError(
                f"{source}: {study.base} has a row {name!r} that is not the control of this name; "
                "rename it, or name the other controls in controls"
            )
        rows[name] = changes
    changes = {
        "evaluation.baseline": True,
        "evaluation.control": False,
        "evaluation.rows": rows | study.rows,
    }
    return changed(base, changes, source)
