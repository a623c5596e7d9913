"""The processes that train together: joined, told apart, agreed, and what becomes of the rest."""

import functools
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import tensorflow as tf

from gain_tf.config import ConfigError
from gain_tf.data.shard import ALL, Shard
from gain_tf.errors import FailedError, first_line, used_up

CLUSTER = "TF_CONFIG"
"""Environment variable that tells TensorFlow of the processes that train together."""

TO_LEAVE = 3.0
"""Seconds in which a process that is done comes to its end."""

NAME_LENGTH = 255
"""Bytes of the longest name of a file."""

ELSEWHERE = "Collective ops is aborted by"
"""How TensorFlow begins what it hands on of another process's error."""

GONE = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
)
"""What TensorFlow answers when another process of the training has ended."""


@functools.cache
def across_machines() -> tf.distribute.MultiWorkerMirroredStrategy:
    """Join the processes that `TF_CONFIG` names, once, before TensorFlow computes anything.

    Raises:
        ConfigError: the processes are not named as they should be.
    """
    _check_cluster()
    return tf.distribute.MultiWorkerMirroredStrategy()


def _check_cluster() -> None:
    """Raise `ConfigError` unless `TF_CONFIG` names the processes and which of them this is."""
    example = {
        "cluster": {"worker": ["one.example:2222", "two.example:2222"]},
        "task": {"type": "worker", "index": 0},
    }
    wanted = f"such as {json.dumps(example)}, with its own index in each process"
    text = os.environ.get(CLUSTER)
    if not text:
        raise ConfigError(
            f"training.distribute: multiworker needs the environment variable {CLUSTER}, {wanted}"
        )
    try:
        told = json.loads(text)
        kind, index = told["task"]["type"], told["task"]["index"]
        addresses = told["cluster"][kind]
        known = kind in ("chief", "worker") and 0 <= index < len(addresses)
    except (ValueError, TypeError, KeyError):
        known = False
    if not known:
        raise ConfigError(
            f"training.distribute: {CLUSTER} does not name the workers, and which of them this "
            f"process is: {text}; it should be {wanted}"
        )


def worker_of(strategy: tf.distribute.Strategy) -> Shard:
    """Tell which of the processes that train together this one is; the first is the chief."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return ALL
    resolver = strategy.cluster_resolver
    cluster = resolver.cluster_spec().as_dict()
    chiefs, workers = len(cluster.get("chief", ())), len(cluster.get("worker", ()))
    before = chiefs if resolver.task_type == "worker" else 0
    return Shard(before + resolver.task_id + 1, chiefs + workers)


def as_the_chief_says(strategy: tf.distribute.Strategy, name: str = "") -> str:
    """Hand the chief's name of a file to every worker; all of them wait for each other here.

    Args:
        strategy: of the run. Without several workers the answer is `name`.
        name: what this worker would say; only the chief's counts.

    Raises:
        FailedError: another worker has ended.
    """
    if worker_of(strategy).whole:
        return name
    letters = np.zeros(NAME_LENGTH, np.int32)
    encoded = os.fsencode(name)
    letters[: len(encoded)] = list(encoded)

    @tf.function
    def told() -> Any:
        def add_up() -> Any:
            context = tf.distribute.get_replica_context()
            first = tf.equal(context.replica_id_in_sync_group, 0)
            own = tf.where(first, letters, tf.zeros_like(letters))
            return context.all_reduce(tf.distribute.ReduceOp.SUM, own)

        return strategy.run(add_up)

    with while_all_live():
        heard = strategy.experimental_local_results(told())[0].numpy()
    return os.fsdecode(bytes(heard[heard > 0].tolist()))


def leave_last(strategy: tf.distribute.Strategy) -> None:
    """Let the chief wait for the others to go: without it TensorFlow ends them, as if they failed.

    Args:
        strategy: of the run, which is done.
    """
    if not worker_of(strategy).whole:
        # One that is gone by now did its part.
        with suppress(FailedError):
            as_the_chief_says(strategy)
        time.sleep(TO_LEAVE)


@contextmanager
def failing_alike(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Let every worker say itself what all of them fail for, a loss that is no number.

    Args:
        strategy: of the run; without its chief TensorFlow ends the other workers.

    Raises:
        FloatingPointError: the same one.
    """
    try:
        yield
    except FloatingPointError:
        if worker_of(strategy).number == 1:
            time.sleep(TO_LEAVE)
        raise


@contextmanager
def while_all_live() -> Iterator[None]:
    """Say in a sentence that another worker has ended.

    Raises:
        FailedError: it has.
        OpError: this one's memory is used up.
    """
    try:
        yield
    except GONE as error:
        # Of an allocator that failed TensorFlow says as well that it is an internal error.
        if used_up(error) is not None and ELSEWHERE not in error.message:
            raise
        raise FailedError(
            "another worker of this training has ended, so no step can be taken any more; every "
            f"worker is to be started again, with --resume ({first_line(error)})"
        ) from error
