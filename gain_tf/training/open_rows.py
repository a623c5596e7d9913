"""The finished rows of a run, opened: model, config, classes, data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gain_tf.config import Config, Data, load_config
from gain_tf.config.load import overridden
from gain_tf.config.study import GUIDED
from gain_tf.data.dataset import DataSet
from gain_tf.data.registry import load_data
from gain_tf.errors import UserError
from gain_tf.models.gain import GAIN
from gain_tf.models.loading import load_gain, load_saved
from gain_tf.models.segmenter import WeakSegmenter
from gain_tf.training.epochs import MODEL
from gain_tf.training.rows import Row, attention_row, rows_of
from gain_tf.training.run_classes import read_classes
from gain_tf.training.run_folder import CONFIG, SEGMENTER, row_folder


@dataclass(frozen=True)
class LoadedRow:
    """A finished row of a run, without its data.

    Attributes:
        model: trained.
        config: of the row.
        data: by which the run's data are loaded, the same for all rows.
        class_names: in the order of the scores.
        single_label: whether every image has exactly one label.
        file: of the model.
    """

    model: GAIN
    config: Config
    data: Data
    class_names: list[str]
    single_label: bool
    file: Path


@dataclass(frozen=True)
class LoadedSegmenter:
    """The finished segmenter of a row, without its data; attributes as of `LoadedRow`."""

    model: WeakSegmenter
    config: Config
    data: Data
    class_names: list[str]
    file: Path


@dataclass(frozen=True)
class OpenedRun:
    """A finished row of a run, ready to be asked; attributes as of `LoadedRow`."""

    model: GAIN
    config: Config
    data: DataSet
    file: Path


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
    path, config, data = _model_of(run, row)
    return OpenedRun(load_gain(path), config, load_data(data, once=True), path)


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
    path, config, data = _model_of(run, row, overrides)
    classes = read_classes(run)
    named = classes["class_names"], classes["single_label"]
    return LoadedRow(load_gain(path), config, data, *named, path)


def load_segmenter(run: Path, row: str | None = None) -> LoadedSegmenter:
    """Open the segmenter of a finished row where the run's data may be out of reach.

    Args:
        run: its folder.
        row: name; None for the guided model.

    Returns:
        Segmenter, config and classes.

    Raises:
        UserError: the folder is no run, has no such row, or the row no finished segmenter.
    """
    rows, chosen = _row_of(run, row)
    if chosen.config.segmenter.network is None:
        raise UserError(f"{run}: the row {chosen.name} trains no segmenter (segmenter.network)")
    path = _finished(row_folder(run, chosen.name) / SEGMENTER)
    model = load_saved(path, WeakSegmenter)
    class_names = read_classes(run)["class_names"]
    return LoadedSegmenter(model, chosen.config, _shared(rows).data, class_names, path)


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


def _model_of(
    run: Path, row: str | None, overrides: Sequence[str] = ()
) -> tuple[Path, Config, Data]:
    """Find the network of a row, with the row's config and the data settings of the run."""
    rows, chosen = _row_of(run, row)
    path = _finished(row_folder(run, attention_row(rows, chosen).name))
    config = _changed(chosen.config, overrides, run)
    return path, config, _changed(_shared(rows), overrides, run).data


def _row_of(run: Path, row: str | None) -> tuple[list[Row], Row]:
    """Find a row by its name among those of a run."""
    if not (run / CONFIG).is_file():
        raise UserError(f"{run}: is no run folder (there is no {CONFIG})")
    rows = {each.name: each for each in rows_of(load_config(run / CONFIG))}
    if (row or GUIDED) not in rows:
        raise UserError(f"{run}: has no row {row!r}; it has {', '.join(rows)}")
    return list(rows.values()), rows[row or GUIDED]


def _shared(rows: Sequence[Row]) -> Config:
    """Return the config by which all rows' data are loaded.

    A row may see images of another size, but of the same data: rendered ones are as large as the
    run's own row says.
    """
    return next(each.config for each in rows if each.name == GUIDED)


def _changed(config: Config, overrides: Sequence[str], run: Path) -> Config:
    return overridden(config, overrides, str(run / CONFIG)) if overrides else config


def _finished(folder: Path) -> Path:
    """Return the model in a folder, if training came to its end."""
    if not (folder / MODEL).is_file():
        raise UserError(
            f"{folder}: has no {MODEL}; the run is not finished, go on with it by run.resume=true"
        )
    return folder / MODEL
