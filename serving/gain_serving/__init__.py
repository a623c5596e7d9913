"""Judge images with an exported model on a machine without TensorFlow."""

import importlib
import os
from typing import TYPE_CHECKING, Any

# Both libraries read these when they are loaded, so they are set before anything can load them.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# A broken image is answered with a sentence; what the decoder prints besides says nothing more.
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")

if TYPE_CHECKING:
    from gain_serving.decision import Decision, Timings
    from gain_serving.errors import ServingError
    from gain_serving.metadata import ModelDescription, Thresholds
    from gain_serving.runtime import Runtime

__version__ = "0.1.0"

__all__ = [
    "Decision",
    "ModelDescription",
    "Runtime",
    "ServingError",
    "Thresholds",
    "Timings",
    "__version__",
]

_ROOMS = {
    "Decision": "decision",
    "ModelDescription": "metadata",
    "Runtime": "runtime",
    "ServingError": "errors",
    "Thresholds": "metadata",
    "Timings": "decision",
}


def __getattr__(name: str) -> Any:
    """Load ONNX Runtime and OpenCV only when something that needs them is asked for."""
    if name in _ROOMS:
        return getattr(importlib.import_module(f"gain_serving.{_ROOMS[name]}"), name)
    raise AttributeError(f"module 'gain_serving' has no attribute {name!r}")
