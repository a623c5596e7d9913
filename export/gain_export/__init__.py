"""Export of guided classifiers: scores and attention in one graph, checked before it is kept."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gain_export.int8 import quantise
    from gain_export.user_code import to_onnx, to_repository, to_saved_model

__all__ = ["quantise", "to_onnx", "to_repository", "to_saved_model"]

_HOMES = {"quantise": "gain_export.int8"}


def __getattr__(name: str) -> Any:
    """Load TensorFlow and the converters only when something that needs them is asked for."""
    if name in __all__:
        return getattr(importlib.import_module(_HOMES.get(name, "gain_export.user_code")), name)
    raise AttributeError(f"module 'gain_export' has no attribute {name!r}")
