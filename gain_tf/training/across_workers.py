"""The epochs of a model that several processes train together, as `keras.Model.fit` would run them.

Keras 3's own `fit` fails under `MultiWorkerMirroredStrategy` (keras issue 20585): it averages a
batch over the replicas to build the metrics, and then the metrics along an axis they do not have.
"""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from gain_tf.models.gain import GAIN
from gain_tf.models.replicas import averaged
from gain_tf.training.workers import failing_alike, while_all_live


def fit_across_workers(
    model: GAIN,
    batches: tf.data.Dataset,
    *,
    epochs: int,
    initial_epoch: int,
    steps_per_epoch: int,
    validation_data: tf.data.Dataset | None,
    callbacks: Sequence[keras.callbacks.Callback],
    verbose: int,
) -> None:
    """Drive `train_step` under the strategy that a model was built in, every worker alike.

    Args:
        model: compiled in the scope of a `MultiWorkerMirroredStrategy`.
        batches: of this worker's replicas, one for each in turn, from `initial_epoch` on.
        epochs: in all.
        initial_epoch: epochs that are done.
        steps_per_epoch: batches that each replica gets in an epoch.
        validation_data: this worker's batches; None for none.
        callbacks: what a batch's logs hold is the mean over the replicas, what an epoch's logs hold
            the figure of all images.
        verbose: 1 shows Keras's progress bar.

    Raises:
        FailedError: another worker has ended.
        FloatingPointError: a callback found that the loss is no number.
    """
    strategy = model.distribute_strategy
    _build(model)
    steps = _Steps(model, strategy)
    told = keras.callbacks.CallbackList(
        list(callbacks),
        add_progbar=bool(verbose),
        verbose=verbose,
        epochs=epochs,
        steps=steps_per_epoch,
        model=model,
    )
    with while_all_live(), failing_alike(strategy):
        taken = iter(strategy.distribute_datasets_from_function(lambda _: batches))
        validated = (
            None
            if validation_data is None
            else strategy.distribute_datasets_from_function(lambda _: validation_data)
        )
        told.on_train_begin()
        for epoch in range(initial_epoch, epochs):
            model.reset_metrics()
            told.on_epoch_begin(epoch)
            for step in range(steps_per_epoch):
                told.on_train_batch_begin(step)
                told.on_train_batch_end(step, steps.train(taken))
            logs = steps.figures()
            if validated is not None:
                model.reset_metrics()
                for batch in validated:
                    steps.evaluate(batch)
                logs |= {f"val_{name}": value for name, value in steps.figures().items()}
            told.on_epoch_end(epoch, logs)
        told.on_train_end()


def _build(model: GAIN) -> None:
    """Make the variables that Keras makes at the first batch, in which several workers cannot."""
    strategy = model.distribute_strategy

    @tf.function
    def measure_nothing() -> None:
        blank = tf.zeros((1, model.classes))
        strategy.run(lambda: model.compute_metrics(None, blank, blank, None) and None)

    with strategy.scope():
        measure_nothing()
        model.reset_metrics()
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)


class _Steps:
    """The computations of all replicas: a training step, an evaluation, the figures so far."""

    def __init__(self, model: GAIN, strategy: tf.distribute.Strategy) -> None:
        self._strategy = strategy
        self._names: list[str] = []
        taken = model.train_step
        if model.jit_compile:
            taken = tf.function(taken, jit_compile=True, reduce_retracing=True)

        def train_step(data: Any) -> tf.Tensor:
            logs = taken(data)
            self._names = list(logs)
            # One exchange for all of them.
            return averaged(tf.stack([tf.cast(value, tf.float32) for value in logs.values()]))

        @tf.function
        def train(iterator: Any) -> Any:
            return strategy.run(train_step, args=(next(iterator),))

        @tf.function(reduce_retracing=True)
        def evaluate(batch: Any) -> None:
            strategy.run(lambda data: model.test_step(data) and None, args=(batch,))

        @tf.function
        def figures() -> dict[str, tf.Tensor]:
            return model.get_metrics_result()

        self._train, self.evaluate, self._figures = train, evaluate, figures

    def train(self, iterator: Any) -> dict[str, float]:
        """Take a step and return its logs, the mean over the replicas."""
        logs = self._strategy.experimental_local_results(self._train(iterator))[0]
        return dict(zip(self._names, logs.numpy().tolist(), strict=True))

    def figures(self) -> dict[str, float]:
        """Return every metric of all images since the last reset."""
        with self._strategy.scope():
            return {name: float(value) for name, value in self._figures().items()}
