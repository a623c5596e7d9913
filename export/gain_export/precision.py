"""A model trained in mixed precision, in float32."""

from typing import Any, TypeVar, cast

import keras

Model = TypeVar("Model", bound=keras.Model)

REDUCED = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16")


def in_float32(model: Model) -> Model:
    """Return a model that computes in float32 throughout.

    Args:
        model: of any precision.

    Returns:
        The model itself where it has no layer of reduced precision, else a copy with its weights.
    """
    config = model.get_config()
    whole = _without_reduction(config)
    if whole == config:
        return model
    copy = cast(Model, type(model).from_config(whole))
    copy.set_weights(model.get_weights())
    return copy


def _without_reduction(config: Any) -> Any:
    """Replace every policy of reduced precision that a configuration names, however deep."""
    if isinstance(config, dict):
        return {key: _without_reduction(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(_without_reduction(value) for value in config)
    return "float32" if config in REDUCED else config
