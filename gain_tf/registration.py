"""Keras finds our models in a saved file although `import gain_tf` has not loaded them yet.

`keras.saving.load_model` looks classes up by their registered names. Registering the real class
would mean loading TensorFlow for `gain-tf --help`; registering a stand-in once Keras is there costs
nothing, and the real class takes its place when its module is loaded.
"""

import importlib
from types import ModuleType
from typing import Any

import wrapt

MODULES = {
    "GAIN": "gain_tf.models.gain",
    "WeakSegmenter": "gain_tf.models.segmenter",
    "StackedDense": "gain_tf.models.stacked_dense",
}
"""Where the models and layers that a file may hold are defined, by the name of their class."""


def _stand_in(name: str) -> type:
    """Make a class that loads the real one, and builds it."""

    def from_config(config: dict[str, Any], custom_objects: Any = None) -> Any:
        real = getattr(importlib.import_module(MODULES[name]), name)
        return real.from_config(config, custom_objects)

    return type(name, (), {"from_config": staticmethod(from_config)})


def register_when_keras_loads() -> None:
    """Register the stand-ins as soon as somebody imports Keras, or now where somebody has."""

    def register(module: ModuleType) -> None:
        known = importlib.import_module("keras.saving").get_custom_objects()
        for name in MODULES:
            known.setdefault(f"gain_tf>{name}", _stand_in(name))

    wrapt.register_post_import_hook(register, "keras")
