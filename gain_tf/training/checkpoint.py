"""Checkpoints: the whole state of a training after each epoch, its end, and the way back."""

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import keras

from gain_tf.errors import UserError
from gain_tf.files import replacing

KEPT = 2
"""Checkpoints kept; the one before the newest survives whatever happens to it."""

NAME = re.compile(r"epoch-\d+\.keras")

Kind = TypeVar("Kind", bound=keras.Model)

_log = logging.getLogger(__name__)


class Checkpoint(keras.callbacks.Callback):
    """Save model and optimiser after each epoch, whole or not at all.

    Args:
        folder: where `epoch-0001.keras` and so on go.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save, then drop the oldest."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with replacing(self.folder / f"epoch-{epoch + 1:04d}.keras") as temporary:
            cast(keras.Model, self.model).save(temporary)
        for old in checkpoints(self.folder)[:-KEPT]:
            old.unlink()


def checkpoints(folder: Path) -> list[Path]:
    """List the checkpoints of a folder, oldest first."""
    return sorted(path for path in folder.glob("epoch-*.keras") if NAME.fullmatch(path.name))


def epochs_done(checkpoint: Path) -> int:
    """Return after how many epochs a checkpoint was written."""
    return int(checkpoint.stem.removeprefix("epoch-"))


def trained(path: Path, load: Callable[[Path], Kind]) -> Kind | None:
    """Load the model of a row that is trained.

    A disk may lose what it had promised to keep; training then goes on from the last checkpoint.

    Args:
        path: of the model.
        load: see `resumed`.

    Returns:
        The model; None where there is none.
    """
    if not path.is_file():
        return None
    try:
        return load(path)
    except UserError as error:
        _log.warning("the model is made again from the last checkpoint: %s", error)
        return None


def resumed(folder: Path, load: Callable[[Path], Kind]) -> tuple[Kind, int] | None:
    """Load the newest checkpoint that can be loaded.

    A disk may lose what it had promised to keep; training then goes on one epoch earlier.

    Args:
        folder: of the checkpoints.
        load: from a file to a model; raises `UserError` where there is none in it.

    Returns:
        The model and the epochs that are done; None to start at the beginning.
    """
    for path in reversed(checkpoints(folder)):
        try:
            return load(path), epochs_done(path)
        except UserError as error:
            _log.warning("the checkpoint is passed over: %s", error)
    return None
