"""A batch that several replicas share under `tf.distribute`."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from gain_tf.errors import UserError
from gain_tf.models.term import Term


def replicas() -> int:
    """Count the replicas that share a batch; 1 without `tf.distribute`."""
    return tf.distribute.get_strategy().num_replicas_in_sync


def require_compilable() -> None:
    """Refuse XLA where CPU devices share a batch.

    It finds variables on the first of them alone, and has no exchange between the CPUs of several
    machines; it says so only at the first step.

    Raises:
        UserError: CPU devices share a batch.
    """
    if replicas() == 1:
        return
    devices: Any = tf.distribute.get_strategy().extended.worker_devices
    if any("CPU" in device for device in devices):
        raise UserError(
            "jit_compile=True: XLA cannot share a batch among CPU devices; train on one device, "
            "on GPUs, or leave XLA off"
        )


def never_empty(batch: Any) -> Any:
    """Give a replica that gets nothing of the last, smaller batch one image of zeros.

    TensorFlow's CPU kernels fail on an empty batch. What the image adds weighs nothing, since no
    image carries it.

    Args:
        batch: tensors (B, ...) in any structure; None stays None.

    Returns:
        The same where there is one replica.
    """
    if replicas() == 1:
        return batch

    def at_least_one(values: Any) -> Any:
        missing = tf.cast(tf.equal(tf.shape(values)[0], 0), tf.int32)
        return tf.pad(values, [[0, missing], *[[0, 0]] * (values.shape.rank - 1)])

    return keras.tree.map_structure(at_least_one, batch, none_is_leaf=False)


def of_the_whole_batch(terms: Mapping[str, Term]) -> dict[str, Term]:
    """Scale the terms of a replica so that their mean over replicas is that of the whole batch.

    `value_r R n_r / sum_r n_r`, where replica r of R averages over n_r images or pairs. Replicas
    seldom see as many annotated images each; the mean of their means would weigh them wrongly.

    Args:
        terms: of the replica's part of the batch.

    Returns:
        The same where there is one replica.
    """
    count = replicas()
    if count == 1:
        return dict(terms)
    own = tf.stack([tf.cast(term.carriers, tf.float32) for term in terms.values()])
    shares = tf.unstack(tf.math.divide_no_nan(own, averaged(own)))
    return {
        name: Term(term.value * tf.cast(share, term.value.dtype), term.carriers)
        for (name, term), share in zip(terms.items(), shares, strict=True)
    }


def clipped_together(
    gradients: Sequence[tf.Tensor | None], optimizer: keras.optimizers.Optimizer
) -> list[tf.Tensor | None]:
    """Clip what the replicas' gradients add up to, g min(1, c / |g|) with g their sum.

    Keras clips the gradient of each replica before it adds them up, and a sum of R clipped
    gradients may be R times as long as `global_clipnorm` allows.

    Args:
        gradients: of the replica's part of the loss, scaled as `optimizer.scale_loss` does.
        optimizer: whose `global_clipnorm` is c.

    Returns:
        What every replica passes to `optimizer.apply_gradients`, short enough for Keras to leave it
        alone. The same as came where there is one replica, or where nothing is to be clipped.
    """
    inner: Any = getattr(optimizer, "inner_optimizer", optimizer)
    limit = inner.global_clipnorm
    if limit is None or replicas() == 1:
        return list(gradients)
    means = [None if gradient is None else averaged(gradient) for gradient in gradients]
    clipped, _ = tf.clip_by_global_norm(means, optimizer.scale_loss(limit / replicas()))
    return clipped


def averaged(values: tf.Tensor) -> tf.Tensor:
    """Average a tensor over the replicas; without them, and between their steps, itself."""
    context = tf.distribute.get_replica_context()
    if replicas() == 1 or context is None:
        return values
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, tf.cast(values, tf.float32))
