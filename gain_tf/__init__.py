"""Guided attention for TensorFlow and Keras."""

import importlib
from typing import TYPE_CHECKING, Any

from gain_tf.registration import register_when_keras_loads
from gain_tf.version import __version__

if TYPE_CHECKING:
    from gain_tf import attention, losses
    from gain_tf.models.gain import GAIN

__all__ = ["GAIN", "__version__", "attention", "losses"]

register_when_keras_loads()


def __getattr__(name: str) -> Any:
    """Load TensorFlow only when something that needs it is asked for."""
    if name == "GAIN":
        return importlib.import_module("gain_tf.models.gain").GAIN
    if name in ("attention", "losses"):
        return importlib.import_module(f"gain_tf.{name}")
    raise AttributeError(f"module 'gain_tf' has no attribute {name!r}")
