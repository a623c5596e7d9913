"""Where a row is trained: on one device, on all of a machine, or on several machines at once."""

import tensorflow as tf

from gain_tf.config import Config, ConfigError
from gain_tf.training.workers import across_machines


def strategy_of(config: Config) -> tf.distribute.Strategy:
    """Return the strategy that `training.distribute` asks for.

    Args:
        config: of the row. `mirrored` shares each batch among the GPUs of this machine, or among
            its (logical) CPUs where there is none; `multiworker` among the processes that
            `TF_CONFIG` names, and their GPUs. The latter has to be asked for before TensorFlow
            computes anything.

    Raises:
        ConfigError: the batch, or the annotated images of it, cannot be shared evenly; or the
            processes are not named as they should be.
    """
    if config.training.distribute == "none":
        return tf.distribute.get_strategy()
    if config.training.distribute == "multiworker":
        strategy = across_machines()
    else:
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        strategy = tf.distribute.MirroredStrategy([device.name for device in devices])
    count = strategy.num_replicas_in_sync
    size, share = config.data.batch_size, config.data.annotated_share
    annotated = round(size * share)
    if size % count or annotated % count:
        raise ConfigError(
            f"data.batch_size: {size} images, {annotated} of them annotated (annotated_share "
            f"{share:g}), cannot be shared evenly by {count} devices; both numbers must be "
            f"multiples of {count}"
        )
    return strategy
