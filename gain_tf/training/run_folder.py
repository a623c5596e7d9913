"""`runs/NAME/TIME/`: made, found again, opened."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gain_tf.config import Config, ConfigError, Data, load_config, write_config
from gain_tf.config.load import overridden
from gain_tf.data.dataset import DataSet
from gain_tf.data.registry import load_data
from gain_tf.errors import UserError
from gain_tf.files import replacing
from gain_tf.models.gain import GAIN
from gain_tf.models.loading import load_gain, load_saved
from gain_tf.models.segmenter import WeakSegmenter
from gain_tf.report.result import GUIDED
from gain_tf.training.epochs import MODEL
from gain_tf.training.rows import Row, attention_row, rows_of
from gain_tf.training.run_classes import read_classes

CONFIG = "config.yaml"
ENVIRONMENT = "environment.json"
REPORT = "report.html"
EVALUATION = "evaluation.json"
BAD_IMAGES = "bad_images.csv"
SEGMENTER = "segmenter"
"""Below the folder of a row: its segmenter."""


@dataclass(frozen=True)
class LoadedRow:
    """A finished row of a run, without its data.

    Attributes:
        model: trained.
        config: of the row.
        data: by which the run's data are loaded, the same for all rows.
        class_names: in the order of the scores.
        single_label: whether every image has exactly one label.
    """

    model: GAIN
    config: Config
    data: Data
    class_names: list[str]
    single_label: bool


@dataclass(frozen=True)
class OpenedRun:
    """A finished row of a run, ready to be asked."""

    model: GAIN
    config: Config
    data: DataSet


def run_folder(config: Config) -> Path:
    """Make the folder of a run, or find the one to go on with.

    Args:
        config: of the run. `run.resume` asks for the newest unfinished run of the same config.

    Returns:
        An existing folder with `config.yaml`.

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


def finished_run(config: Config) -> Path | None:
    """Find the newest finished run of a config.

    Args:
        config: of the run, wherever `run.root` lies.

    Returns:
        Its folder; None where there is none.
    """
    for folder in sorted((config.run.root / config.name).glob("*"), reverse=True):
        if (folder / REPORT).is_file() and _is_of(folder, config):
            return folder
    return None


def row_folder(run: Path, row: str) -> Path:
    """Return the folder of a row: the run's own for the guided model."""
    return run if row == GUIDED else run / row


def open_run(run: Path, row: str | None = None) -> OpenedRun:
    """Open a finished row of a run.

    Args:
        run: its folder.
        row: name; None for the guided model.

    Returns:
        Model, config and data.

    Raises:
        UserError: the folder is no finished run, or has no such row.
        DataError: the data are not what they were.
    """
    model, config, data = _model_of(run, row)
    return OpenedRun(model, config, load_data(data, once=True))


def load_row(run: Path, row: str | None = None, overrides: Sequence[str] = ()) -> LoadedRow:
    """Open a finished row of a run where its data may be out of reach.

    Args:
        run: its folder.
        row: name; None for the guided model.
        overrides: of the row's config and the run's, `a.b=value`; they go before what the row
            itself changes.

    Returns:
        Model, config and classes.

    Raises:
        ConfigError: an override is wrong.
        UserError: the folder is no finished run, or has no such row.
    """
    model, config, data = _model_of(run, row, overrides)
    classes = read_classes(run)
    return LoadedRow(model, config, data, classes["class_names"], classes["single_label"])


def network_row(run: Path, row: str | None = None) -> str:
    """Name the row whose attention network a row of a run has: often itself.

    Args:
        run: its folder.
        row: name; None for the guided model.

    Raises:
        UserError: the folder is no run, or has no such row.
    """
    rows, chosen = _row_of(run, row)
    return attention_row(rows, chosen).name


def load_segmenter(run: Path, row: str | None = None) -> tuple[WeakSegmenter, Config]:
    """Open the segmenter of a finished row.

    Args:
        run: its folder.
        row: name; None for the guided model.

    Returns:
        The segmenter and the config of the row.

    Raises:
        UserError: the folder is no run, has no such row, or the row no finished segmenter.
    """
    chosen = _row_of(run, row)[1]
    if chosen.config.segmenter.network is None:
        raise UserError(f"{run}: the row {chosen.name} trains no segmenter (segmenter.network)")
    path = _finished(row_folder(run, chosen.name) / SEGMENTER)
    return load_saved(path, WeakSegmenter), chosen.config


def _model_of(
    run: Path, row: str | None, overrides: Sequence[str] = ()
) -> tuple[GAIN, Config, Data]:
    """Open the network of a row, with the row's config and the data settings of the run."""
    rows, chosen = _row_of(run, row)
    path = _finished(row_folder(run, attention_row(rows, chosen).name))
    # A row may see images of another size, but of the same data: rendered ones are as large as
    # the run's own row says.
    shared = next(each for each in rows if each.name == GUIDED)
    config, whole = (
        overridden(each.config, overrides, str(run / CONFIG)) for each in (chosen, shared)
    )
    return load_gain(path), config, whole.data


def _row_of(run: Path, row: str | None) -> tuple[list[Row], Row]:
    """Find a row by its name among those of a run."""
    if not (run / CONFIG).is_file():
        raise UserError(f"{run}: is no run folder (there is no {CONFIG})")
    rows = {each.name: each for each in rows_of(load_config(run / CONFIG))}
    if (row or GUIDED) not in rows:
        raise UserError(f"{run}: has no row {row!r}; it has {', '.join(rows)}")
    return list(rows.values()), rows[row or GUIDED]


def _finished(folder: Path) -> Path:
    """Return the model in a folder, if training came to its end."""
    if not (folder / MODEL).is_file():
        raise UserError(
            f"{folder}: has no {MODEL}; the run is not finished, go on with it by run.resume=true"
        )
    return folder / MODEL


def read_figures(folder: Path) -> dict[str, Any] | None:
    """Read the `evaluation.json` of a row; None where it is not finished."""
    path = folder / EVALUATION
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _goes_on(folder: Path, config: Config) -> bool:
    return not (folder / REPORT).is_file() and _is_of(folder, config)


def _is_of(folder: Path, config: Config) -> bool:
    if not (folder / CONFIG).is_file():
        return False
    try:
        begun = load_config(folder / CONFIG)
    except ConfigError:
        # Of a version that knew other keys.
        return False
    return begun.model_copy(update={"run": config.run}) == config
