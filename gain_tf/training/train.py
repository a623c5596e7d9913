"""One row: data within budget, a model, epochs, a trained model on disk."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gain_tf.config import Config, ConfigError
from gain_tf.data.bad_images import BadImages
from gain_tf.data.budget import within_budget
from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.pipeline import evaluation_batches, training_batches
from gain_tf.data.schedule import Schedule
from gain_tf.data.shard import ALL, Shard
from gain_tf.data.swap import known_backgrounds
from gain_tf.models.gain import GAIN
from gain_tf.models.loading import load_gain
from gain_tf.training.build import build_model
from gain_tf.training.checkpoint import resumed, trained
from gain_tf.training.distribute import strategy_of
from gain_tf.training.epochs import MODEL, fit_epochs
from gain_tf.training.priors import with_prior
from gain_tf.training.seeds import compute_as
from gain_tf.training.workers import worker_of


def annotated_split(config: Config, data: DataSet) -> Split:
    """Return the training split with the annotation that the budget pays for.

    Raises:
        ConfigError: the budget asks for more than there is.
    """
    try:
        return within_budget(
            data.splits["train"], config.data.budget, config.seed, data.unguided_classes
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error


def schedule_of(
    config: Config,
    split: Split,
    unguided_classes: Sequence[int] = (),
    replicas: int = 1,
    worker: Shard = ALL,
) -> Schedule:
    """Plan the batches of every epoch, for this worker of several that train together.

    Raises:
        ConfigError: backgrounds are to be swapped in, and no image is known to show one; or an
            epoch has no multiple of `training.steps_per_execution`.
    """
    annotated = np.flatnonzero(split.has_mask | split.has_boxes)
    backgrounds = None
    swaps = config.data.background_swap > 0 and len(annotated) > 0
    if swaps and config.data.background_swap_with == "backgrounds":
        backgrounds = known_backgrounds(split, unguided_classes)
        if not len(backgrounds):
            raise ConfigError(
                "data.background_swap_with: backgrounds: of no training image it is known what is "
                "background: annotate all classes of some images, or add images that show none"
            )
    schedule = Schedule(
        images=len(split),
        annotated=annotated,
        batch_size=config.data.batch_size,
        annotated_share=config.data.annotated_share,
        background_swap=config.data.background_swap,
        steps_per_epoch=config.training.steps_per_epoch,
        seed=config.seed,
        backgrounds=backgrounds,
        replicas=replicas,
        worker=worker,
    )
    # Keras would take the last steps of an epoch from the next one.
    executed = config.training.steps_per_execution
    if schedule.steps % executed:
        near = max(schedule.steps // executed, 1) * executed
        raise ConfigError(
            f"training.steps_per_execution: an epoch has {schedule.steps} steps, which is no "
            f"multiple of {executed}; training.steps_per_epoch={near} would be one"
        )
    return schedule


def train(
    config: Config,
    data: DataSet,
    folder: Path,
    start: GAIN | None = None,
    *,
    bad_images: BadImages | None = None,
    verbose: bool = False,
) -> GAIN:
    """Train one row, going on from its last checkpoint where it has one.

    Args:
        config: of the row.
        data: the data set.
        folder: of the row; `model.keras`, `metrics.csv`, `checkpoints/` and `tensorboard/` go
            there.
        start: a model of the same shape whose weights are the start.
        bad_images: counts the images that cannot be read; None lets none pass.
        verbose: show Keras's progress bar.

    Returns:
        The trained model.

    Raises:
        ConfigError: the model cannot be built, or the budget not be paid.
        DataError: images lack the saliency that the config asks for.
        DivergedError: a loss is no number any more.
        FailedError: more images than allowed cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (done := trained(folder / MODEL, load_gain)) is not None:
        return done
    split = annotated_split(config, data)
    strategy = strategy_of(config)
    worker = worker_of(strategy)
    schedule = schedule_of(
        config, split, data.unguided_classes, strategy.num_replicas_in_sync, worker
    )
    epochs = config.training.epochs

    def begun() -> GAIN:
        with strategy.scope():
            fresh = build_model(config, data, schedule.steps * epochs)
        if start is not None:
            _start_from(fresh, start)
        return fresh

    compute_as(config)
    with strategy.scope():
        went = resumed(folder / "checkpoints", load_gain)
    model, initial = (begun(), 0) if went is None else went
    # A row that goes on has the prior that it started with.
    split = with_prior(config, split, begun if initial else lambda: model)
    size = config.data.image_size
    bad_images = BadImages(None, limit=0) if bad_images is None else bad_images
    batches = training_batches(
        split,
        schedule,
        size,
        config.data.augmentation,
        epochs=epochs,
        initial_epoch=initial,
        bad_images=bad_images,
    )
    validation = data.splits.get("validation")
    validated = validation and evaluation_batches(
        validation, size, schedule.prepared, bad_images, worker
    )
    with bad_images.reported():
        fit_epochs(
            model,
            batches,
            validated,
            folder,
            epochs=epochs,
            initial_epoch=initial,
            steps=schedule.steps,
            seed=config.seed,
            images_of=lambda epoch, step: [split.ids[int(i)] for i in schedule.batch(epoch, step)],
            verbose=verbose,
        )
    # What several devices hold a copy of would be asked in their midst; the chief asks.
    if strategy.num_replicas_in_sync == 1 or worker.number > 1:
        return model
    return load_gain(folder / MODEL)


def _start_from(model: GAIN, start: GAIN) -> None:
    try:
        model.set_weights(start.get_weights())
    except ValueError as error:
        raise ConfigError(
            "training.warm_up_epochs: a row of another network cannot start from the warm-up's "
            "weights; leave its model as it is, or warm_up_epochs at 0"
        ) from error
