"""Keras finds GAIN in a saved file although `import gain_tf` has not loaded it yet.

`keras.saving.load_model` looks classes up by their registered names. Registering the real class
would mean loading TensorFlow for `gain-tf --help`; registering a stand-in once Keras is there costs
nothing, and the real class takes its place when its module is loaded.
"""

import importlib
from types import ModuleType
from typing import Any

import wrapt

NAME = "gain_tf>GAIN"


class GAIN:
    """Stand-in for `gain_tf.GAIN`: loads it, and builds it."""

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Rebuild the model that the real class described."""
        real = importlib.import_module("gain_tf.models.gain").GAIN
        return real.from_config(config, custom_objects)


def register_when_keras_loads() -> None:
    """Register the stand-in as soon as somebody imports Keras, or now where somebody has."""

    def register(module: ModuleType) -> None:
        importlib.import_module("keras.saving").get_custom_objects().setdefault(NAME, GAIN)

    wrapt.register_post_import_hook(register, "keras")
