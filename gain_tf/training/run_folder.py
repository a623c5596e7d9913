"""`runs/NAME/TIME/`: made and found again; what lies in it."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from gain_tf.config import Config, ConfigError, load_config, write_config
from gain_tf.errors import UserError
from gain_tf.files import replacing
from gain_tf.report.result import GUIDED
from gain_tf.training.rows import adds_nothing_but_rows

CONFIG = "config.yaml"
ENVIRONMENT = "environment.json"
REPORT = "report.html"
EVALUATION = "evaluation.json"
BAD_IMAGES = "bad_images.csv"
SEGMENTER = "segmenter"
"""Below the folder of a row: its segmenter."""


def run_folder(config: Config) -> Path:
    """Make the folder of a run, or find the one to go on with.

    Args:
        config: of the run. `run.resume` asks for the newest run of the same config that lacks
            something: it is unfinished, or has fewer rows.

    Returns:
        An existing folder with `config.yaml`; for one that is gone on with, see `take_up`.

    Raises:
        UserError: the folder cannot be made.
    """
    place = config.run.root / config.name
    if config.run.resume:
        for folder in sorted(place.glob("*"), reverse=True):
            if _goes_on(folder, config):
                return folder
    folder = place / datetime.now().strftime("%Y-%m-%d_%H-%M-%S_%f")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UserError(
            f"run.root: the folder {folder} cannot be made: {error.strerror}"
        ) from error
    with replacing(folder / CONFIG) as temporary:
        write_config(config, temporary)
    return folder


def take_up(folder: Path, config: Config) -> None:
    """Note the rows that a config adds to the run that it goes on with.

    Args:
        folder: of the run; no other process may be at work in it.
        config: see `run_folder`.
    """
    begun = _begun(folder)
    if begun is not None and not adds_nothing_but_rows(begun, config):
        # The report goes first: without all rows the run is not finished.
        (folder / REPORT).unlink(missing_ok=True)
        with replacing(folder / CONFIG) as temporary:
            write_config(config, temporary)


def finished_run(config: Config) -> Path | None:
    """Find the newest finished run that has all rows of a config.

    Args:
        config: of the run, wherever `run.root` lies.

    Returns:
        Its folder; None where there is none.
    """
    for folder in sorted((config.run.root / config.name).glob("*"), reverse=True):
        begun = _begun(folder)
        if begun and (folder / REPORT).is_file() and adds_nothing_but_rows(begun, config):
            return folder
    return None


def row_folder(run: Path, row: str) -> Path:
    """Return the folder of a row: the run's own for the guided model."""
    return run if row == GUIDED else run / row


def read_figures(folder: Path) -> dict[str, Any] | None:
    """Read the `evaluation.json` of a row; None where it is not finished."""
    path = folder / EVALUATION
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _goes_on(folder: Path, config: Config) -> bool:
    begun = _begun(folder)
    if begun is None or not adds_nothing_but_rows(config, begun):
        return False
    finished = (folder / REPORT).is_file()
    return not finished or not adds_nothing_but_rows(begun, config)


def _begun(folder: Path) -> Config | None:
    """Read what a run was begun with; None where that is no config of today."""
    if not (folder / CONFIG).is_file():
        return None
    try:
        return load_config(folder / CONFIG)
    except ConfigError:
        # Of a version that knew other keys.
        return None
