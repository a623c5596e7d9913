"""A saved model, back from disk."""

from pathlib import Path
from typing import TypeVar
from zipfile import is_zipfile

import keras

from gain_tf.errors import FailedError, UserError, used_up
from gain_tf.models.gain import GAIN

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
        FailedError: memory is used up.
    """
    try:
        model = keras.saving.load_model(path, safe_mode=True)
    # Keras walks through a config as if it had written it: what it stumbles over may be anything.
    except Exception as error:
        if (place := used_up(error)) is not None:
            # Not the file's fault: a caller that has another is not to take that one.
            raise FailedError(
                f"{path}: cannot be loaded: the memory of {place} is used up"
            ) from error
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        if path.is_file() and not is_zipfile(path):
            # Keras says of such a file that it is not there.
            reason = "it is damaged, or not a .keras file"
        raise UserError(f"{path}: is no model that can be loaded: {reason}") from error
    if not isinstance(model, kind):
        held = type(model).__name__
        raise UserError(f"{path}: holds a {held}, not a {kind.__name__} model")
    return model
