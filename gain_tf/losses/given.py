"""A loss in any form that `keras.Model.compile` takes, as one that weighs samples."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf


class _LossOfFunction(keras.losses.Loss):
    """A function (labels, probabilities) -> (B,) as a Keras loss."""

    def __init__(self, function: Callable[..., tf.Tensor]) -> None:
        super().__init__(name="classification")
        self.call = function


def as_loss(loss: Any) -> keras.losses.Loss:
    """Resolve a Keras loss, its name or a function of (labels, predictions)."""
    found: Any = keras.losses.get(loss)
    return found if isinstance(found, keras.losses.Loss) else _LossOfFunction(found)
