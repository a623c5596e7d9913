"""The epochs of a model, whatever it is: written down, guarded, kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import keras
import tensorflow as tf

from gain_tf.files import replacing
from gain_tf.models.gain import GAIN
from gain_tf.training.across_workers import fit_across_workers
from gain_tf.training.checkpoint import Checkpoint
from gain_tf.training.dead_maps import DeadMaps
from gain_tf.training.divergence import ImagesOf, StopOnDivergence
from gain_tf.training.history import History
from gain_tf.training.seeds import SeedEpochs
from gain_tf.training.workers import worker_of

MODEL = "model.keras"


def fit_epochs(
    model: keras.Model,
    batches: tf.data.Dataset,
    validation: tf.data.Dataset | None,
    folder: Path,
    *,
    epochs: int,
    initial_epoch: int,
    steps: int,
    seed: int,
    images_of: ImagesOf,
    verbose: bool,
    judges: Sequence[keras.callbacks.Callback] = (),
) -> None:
    """Train a compiled model to the last epoch, and save it.

    Of several processes that train together, the first alone writes.

    Args:
        model: as far as its last checkpoint; a `GAIN` where several processes train it.
        batches: from the first epoch on that is still to do.
        validation: one pass, after each epoch; None for none.
        folder: `model.keras`, `metrics.csv`, `checkpoints/` and `tensorboard/` go there, and
            `diverged.json` where training diverges.
        epochs: in all.
        initial_epoch: epochs that are done.
        steps: batches in an epoch.
        seed: of the run.
        images_of: names the images of a batch, for errors.
        verbose: show Keras's progress bar.
        judges: callbacks that add figures to the logs of an epoch.

    Raises:
        DivergedError: a loss is no number any more.
        FailedError: another of the processes that train together has ended.
    """
    worker = worker_of(model.distribute_strategy)
    of_the_chief = [
        DeadMaps(folder),
        # The row before the checkpoint: who resumes from a checkpoint finds its row.
        History(folder / "metrics.csv", initial_epoch),
        Checkpoint(folder / "checkpoints"),
        keras.callbacks.TensorBoard(str(folder / "tensorboard"), write_graph=False),
    ]
    chief = worker.number == 1
    options: dict[str, Any] = {
        "epochs": epochs,
        "initial_epoch": initial_epoch,
        "steps_per_epoch": steps,
        "validation_data": validation,
        "verbose": int(verbose and chief),
        "callbacks": [
            StopOnDivergence(images_of, folder, writes=chief),
            SeedEpochs(seed),
            # Before those that write figures down.
            *judges,
            *(of_the_chief if chief else ()),
        ],
    }
    # Stopped between its last checkpoint and its model, a row has no batch left to look at.
    if initial_epoch < epochs and worker.whole:
        model.fit(batches, shuffle=False, **options)
    elif initial_epoch < epochs:
        fit_across_workers(cast(GAIN, model), batches, **options)
    if chief:
        with replacing(folder / MODEL) as temporary:
            model.save(temporary)
