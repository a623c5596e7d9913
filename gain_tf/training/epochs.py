"""The epochs of a model, whatever it is: written down, guarded, kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from gain_tf.files import replacing
from gain_tf.training.checkpoint import Checkpoint
from gain_tf.training.divergence import ImagesOf, StopOnDivergence
from gain_tf.training.history import History
from gain_tf.training.seeds import SeedEpochs

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

    Args:
        model: as far as its last checkpoint.
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
    """
    options: dict[str, Any] = {
        "epochs": epochs,
        "initial_epoch": initial_epoch,
        "steps_per_epoch": steps,
        "validation_data": validation,
        "shuffle": False,
        "verbose": int(verbose),
        "callbacks": [
            StopOnDivergence(images_of, folder),
            SeedEpochs(seed),
            # Before those that write figures down.
            *judges,
            # The row before the checkpoint: who resumes from a checkpoint finds its row.
            History(folder / "metrics.csv", initial_epoch),
            Checkpoint(folder / "checkpoints"),
            keras.callbacks.TensorBoard(str(folder / "tensorboard"), write_graph=False),
        ],
    }
    # Stopped between its last checkpoint and its model, a row has no batch left to look at.
    if initial_epoch < epochs:
        model.fit(batches, **options)
    with replacing(folder / MODEL) as temporary:
        model.save(temporary)
