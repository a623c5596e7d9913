"""Guided attention for TensorFlow and Keras."""

import importlib
from typing import TYPE_CHECKING, Any

from gain_tf.registration import MODULES, register_when_keras_loads
from gain_tf.version import __version__

if TYPE_CHECKING:
    from gain_tf import attention, losses
    from gain_tf.models.gain import GAIN
    from gain_tf.models.segmenter import WeakSegmenter

__all__ = ["GAIN", "WeakSegmenter", "__version__", "attention", "losses"]

register_when_keras_loads()


def __getattr__(name: str) -> Any:
    """Load TensorFlow only when something that needs it is asked for."""
    if name in MODULES:
        return getattr(importlib.import_module(MODULES[name]), name)
    if name in ("attention", "losses"):
        return importlib.import_module(f"gain_tf.{name}")
    raise AttributeError(f"module 'gain_tf' has no attribute {name!r}")
