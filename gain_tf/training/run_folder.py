"""`runs/NAME/TIME/`: made and found again; what lies in it."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from gain_tf.config import Config, ConfigError, load_config, write_config
from gain_tf.config.study import GUIDED
from gain_tf.evaluation.evaluation_files import EVALUATION, JUDGED_AGAIN, PREDICTIONS
from gain_tf.files import read_json, replacing
from gain_tf.folders import made
from gain_tf.training.rows import (
    Row,
    attention_row,
    fit_together,
    has_all_rows_of,
    joined,
    rows_of,
)

CONFIG = "config.yaml"
ENVIRONMENT = "environment.json"
REPORT = "report.html"
BAD_IMAGES = "bad_images.csv"
MADE_AGAIN = "delete it, and run.resume=true makes it again"
"""What to do about a file of a run that is damaged."""
SEGMENTER = "segmenter"
"""Below the folder of a row: its segmenter."""


def run_folder(config: Config) -> Path:
    """Make the folder of a run, or find the one to go on with.

    Args:
        config: of the run. `run.resume` asks for a run to go on with, see `begun_run`.

    Returns:
        An existing folder with `config.yaml`; for one that is gone on with, see `take_up`.

    Raises:
        UserError: the folder cannot be made.
    """
    if config.run.resume and (begun := begun_run(config)):
        return begun
    folder = config.run.root / config.name / datetime.now().strftime("%Y-%m-%d_%H-%M-%S_%f")
    made(folder, "run.root")
    _write(config, folder)
    return folder


def begun_run(config: Config) -> Path | None:
    """Find the run to go on with: of the same config but for its rows, and not all of them done.

    It may have rows that the config lacks, if they are finished: nobody asks for them to be.

    Args:
        config: of the run.

    Returns:
        Of several, the one that was begun with most rows, and of these the newest; None where
        there is none.
    """
    begun = [
        (folder, before)
        for folder, before in _runs(config)
        if fit_together(config, before)
        and not _is_finished(folder, before, config)
        and _has_no_other_row_to_finish(folder, before, config)
    ]
    return max(begun, key=lambda run: len(rows_of(run[1])), default=(None,))[0]


def take_up(folder: Path, config: Config) -> Config:
    """Note the rows that a config adds to the run that it goes on with.

    The config of before is kept as `config.1.yaml`, `config.2.yaml` and so on.

    Args:
        folder: of the run; no other process may be at work in it.
        config: see `begun_run`.

    Returns:
        The config with all rows of the run.
    """
    before = load_config(folder / CONFIG)
    whole = joined(config, before)
    if has_all_rows_of(before, whole):
        return whole
    earlier = len(earlier_configs(folder))
    with replacing(folder / f"config.{earlier + 1}.yaml") as temporary:
        temporary.write_bytes((folder / CONFIG).read_bytes())
    # The report goes first: without all rows it is none of the larger run.
    (folder / REPORT).unlink(missing_ok=True)
    _write(whole, folder)
    return whole


def earlier_configs(folder: Path) -> list[Path]:
    """List the configs that a run had before rows were added to it."""
    return list(folder.glob("config.*.yaml"))


def finished_run(config: Config) -> Path | None:
    """Find the newest run in which all rows of a config are finished.

    Args:
        config: of the run, wherever `run.root` lies.

    Returns:
        Its folder; None where there is none. It may have other rows besides, even unfinished.
    """
    finished = (folder for folder, begun in _runs(config) if _is_finished(folder, begun, config))
    return next(finished, None)


def row_folder(run: Path, row: str) -> Path:
    """Return the folder of a row: the run's own for the guided model."""
    return run if row == GUIDED else run / row


def read_figures(folder: Path) -> dict[str, Any] | None:
    """Read the `evaluation.json` of a row; None where it is not finished."""
    path = folder / EVALUATION
    return read_json(path, JUDGED_AGAIN) if path.is_file() else None


def _runs(config: Config) -> list[tuple[Path, Config]]:
    """List the runs of a config's name with what they were begun with, the newest first."""
    folders = sorted((config.run.root / config.name).glob("*"), reverse=True)
    return [(folder, begun) for folder in folders if (begun := _begun(folder)) is not None]


def _begun(folder: Path) -> Config | None:
    """Read what a run was begun with; None where that is no config of today."""
    if not (folder / CONFIG).is_file():
        return None
    try:
        return load_config(folder / CONFIG)
    except ConfigError:
        # Of a version that knew other keys.
        return None


def _is_finished(folder: Path, begun: Config, config: Config) -> bool:
    if not has_all_rows_of(begun, config):
        return False
    rows = rows_of(config)
    if not all(_is_judged(folder, rows, row) for row in rows):
        return False
    # What has more rows is finished for fewer, whatever has become of the others.
    return (folder / REPORT).is_file() or not has_all_rows_of(config, begun)


def _has_no_other_row_to_finish(folder: Path, begun: Config, config: Config) -> bool:
    rows, asked_for = rows_of(begun), {row.name for row in rows_of(config)}
    return all(_is_judged(folder, rows, row) for row in rows if row.name not in asked_for)


def _is_judged(folder: Path, rows: Sequence[Row], row: Row) -> bool:
    places = [row_folder(folder, attention_row(rows, row).name)]
    if row.config.segmenter.network is not None:
        places.append(row_folder(folder, row.name) / SEGMENTER)
    judged = (row_folder(folder, attention_row(rows, row).name) / PREDICTIONS).is_file()
    return judged and all((place / EVALUATION).is_file() for place in places)


def _write(config: Config, folder: Path) -> None:
    """Write the config of a run: all its rows, though only some are asked for now."""
    whole = config.model_copy(update={"run": config.run.model_copy(update={"rows": None})})
    with replacing(folder / CONFIG) as temporary:
        write_config(whole, temporary)
