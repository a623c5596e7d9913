"""The same config and seed, the same result: twice, and after a resume.

Dropout of an epoch depends on the run's seed and the epoch alone. Keras does not save the state of
a layer's random generator: a run that resumes would go on with other masks than an unbroken one.
"""

from typing import Any, cast

import keras
import tensorflow as tf

from gain_tf.config import Config


def compute_as(config: Config) -> None:
    """Set what a config says of all that is computed in this process from now on.

    Args:
        config: of a row. `training.deterministic` cannot be taken back in the same process.
    """
    keras.config.set_dtype_policy(config.training.precision)
    if config.training.deterministic:
        # TensorFlow then refuses to draw numbers without a seed.
        keras.utils.set_random_seed(config.seed)
        tf.config.experimental.enable_op_determinism()


class SeedEpochs(keras.callbacks.Callback):
    """Set the random generator of every layer anew at the start of each epoch.

    Args:
        seed: of the run.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Seed each generator from the run's seed, the epoch and its place."""
        parts = [part for part in cast(keras.Model, self.model).layers if hasattr(part, "layers")]
        layers = [layer for part in parts for layer in part.layers]
        for place, layer in enumerate(layers):
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                mixed = hash((self.seed, place, epoch)) % 2**31
                # The second number counts the draws.
                generator.state.assign([mixed, 0])
