"""A saved model, back from disk."""

import errno
from pathlib import Path
from typing import TypeVar
from zipfile import is_zipfile

import keras

from gain_tf.errors import MemoryUsedUpError, UserError, first_line, used_up
from gain_tf.models.gain import GAIN

NOT_NOW = (errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE)
"""What a disk answers that may have the file all the same."""

Kind = TypeVar("Kind", bound=keras.Model)


def load_gain(path: Path) -> GAIN:
    """Load a model that `GAIN.save` wrote; see `load_saved`."""
    return load_saved(path, GAIN)


def load_saved(path: Path, kind: type[Kind]) -> Kind:
    """Load a saved model, compile state included.

    A file may come from anybody: nothing in it is run. A layer that is Python code (`Lambda`) is
    refused.

    Args:
        path: of a `.keras` file.
        kind: what the file must hold.

    Returns:
        The model.

    Raises:
        UserError: the file cannot be read, or holds another kind of model.
        MemoryUsedUpError: there is no room for it.
        OSError: the file may not be opened, or too many are open.
    """
    try:
        if path.is_file():
            # Keras says of one that it may not open that it is not there.
            path.open("rb").close()
        model = keras.saving.load_model(path, safe_mode=True)
    # Keras walks through a config as if it had written it: what it stumbles over may be anything.
    except Exception as error:
        # Not the file's fault: a caller that has another is not to take that one.
        if isinstance(error, OSError) and error.errno in NOT_NOW:
            raise
        if (place := used_up(error, quoted=True)) is not None:
            raise MemoryUsedUpError(place, f"{path}: cannot be loaded: ") from error
        reason = first_line(error)
        if path.is_file() and not is_zipfile(path):
            # Keras says of such a file that it is not there.
            reason = "it is damaged, or not a .keras file"
        raise UserError(f"{path}: is no model that can be loaded: {reason}") from error
    if not isinstance(model, kind):
        held = type(model).__name__
        raise UserError(f"{path}: holds a {held}, not a {kind.__name__} model")
    return model
