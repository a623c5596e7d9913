"""A saved model, back from disk."""

from pathlib import Path

import keras

from gain_tf.errors import UserError
from gain_tf.models.gain import GAIN


def load_gain(path: Path) -> GAIN:
    """Load a model that `GAIN.save` wrote, compile state included.

    Args:
        path: of a `.keras` file.

    Returns:
        The model.

    Raises:
        UserError: the file cannot be read, or holds another kind of model.
    """
    try:
        model = keras.saving.load_model(path)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"{path}: is no model that can be loaded: {reason}") from error
    if not isinstance(model, GAIN):
        raise UserError(f"{path}: holds a {type(model).__name__}, not a GAIN model")
    return model
