"""The segmenter of a row: trained on cues, or on masks as the upper bound."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gain_tf.config import Config
from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import DataSet, Split
from gain_tf.data.part import part_of
from gain_tf.data.pipeline import training_batches
from gain_tf.data.schedule import Schedule
from gain_tf.evaluation.evaluation_files import EVALUATION, write_evaluation
from gain_tf.models.gain import GAIN
from gain_tf.models.loading import load_saved
from gain_tf.models.segmenter import WeakSegmenter
from gain_tf.report.confusion import pixel_confusion_figure
from gain_tf.report.style import save
from gain_tf.segmentation.cue_files import CueFolder
from gain_tf.segmentation.inference import InferenceSettings
from gain_tf.segmentation.judge import judge_segmenter
from gain_tf.segmentation.make_cues import CueMaker
from gain_tf.segmentation.pseudo_labels import cues_as_masks
from gain_tf.segmentation.true_masks import only_known, with_bare_masks
from gain_tf.training.build_segmenter import build_segmenter
from gain_tf.training.checkpoint import resumed, trained
from gain_tf.training.epochs import MODEL, fit_epochs
from gain_tf.training.run_folder import read_figures
from gain_tf.training.seeds import compute_as
from gain_tf.training.segmenter_examples import write_example_cues, write_example_masks
from gain_tf.training.validation import ValidationMiou


def train_segmenter(
    config: Config,
    data: DataSet,
    taught: Split,
    folder: Path,
    bad_images: BadImages,
    *,
    verbose: bool = False,
) -> WeakSegmenter:
    """Train the segmenter of a row, going on from its last checkpoint where it has one.

    Args:
        config: of the row.
        data: the data set.
        taught: the training split, with cues or with true masks as its masks.
        folder: `model.keras`, `metrics.csv` and so on go there.
        bad_images: counts the images that cannot be read.
        verbose: show Keras's progress bar.

    Returns:
        The trained segmenter.

    Raises:
        ConfigError: the network or its weights are not to be had.
        DivergedError: a loss is no number any more.
        FailedError: more images cannot be read than `data.max_bad_images` allows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (done := trained(folder / MODEL, _load)) is not None:
        return done
    settings = config.segmenter
    taught = _without_unguided(taught, data)
    schedule = Schedule(
        images=len(taught),
        annotated=np.zeros(0, np.int64),
        batch_size=settings.batch_size,
        annotated_share=0.0,
        background_swap=0.0,
        steps_per_epoch=settings.steps_per_epoch,
        seed=config.seed,
    )
    compute_as(config)
    went = resumed(folder / "checkpoints", _load)
    model, initial = went or (build_segmenter(config, data, schedule.steps * settings.epochs), 0)
    size = settings.image_size or config.data.image_size
    batches = training_batches(
        taught,
        schedule,
        size,
        settings.augmentation,
        epochs=settings.epochs,
        initial_epoch=initial,
        bad_images=bad_images,
    )
    with bad_images.reported():
        fit_epochs(
            model,
            batches,
            None,
            folder,
            epochs=settings.epochs,
            initial_epoch=initial,
            steps=schedule.steps,
            seed=config.seed,
            images_of=lambda epoch, step: [taught.ids[int(i)] for i in schedule.batch(epoch, step)],
            verbose=verbose,
            judges=_judges(config, data, size),
        )
    return model


def finish_segmenter(
    config: Config,
    data: DataSet,
    attention: GAIN,
    cues: Path,
    folder: Path,
    title: str,
    bad_images: BadImages,
    *,
    verbose: bool,
) -> dict[str, Any]:
    """Train and judge the segmenter of a row, as far as that is not done yet.

    Args:
        config: of the row.
        data: the data set.
        attention: the network whose cues are learned from.
        cues: folder of the cues, one below it a split; those that are missing are made.
        folder: of the segmenter.
        title: of the picture of the confusion.
        bad_images: counts the images that cannot be read; those without cues train nothing.
        verbose: show Keras's progress bar.

    Returns:
        What its `evaluation.json` holds.

    Raises:
        ConfigError: the network or its weights are not to be had.
        DataError: the folder of background cues lacks maps, or full supervision finds no mask.
        FailedError: more images cannot be read than `data.max_bad_images` allows.
    """
    taught = data.splits["train"]
    if config.segmenter.supervision == "cues":
        made = CueFolder(cues / "train")
        maker = CueMaker(attention, data, taught, config.cues, config.data.image_size)
        missing = [index for index, name in enumerate(taught.ids) if not made.has(name)]
        for image, problem in maker.make(missing, made, config.data.batch_size).items():
            bad_images.add(image, problem)
        ready = [index for index, name in enumerate(taught.ids) if made.has(name)]
        if not ready:
            bad_images.none_left()
        taught = cues_as_masks(part_of(taught, ready), made)
        write_example_cues(attention, config, data, cues / data.evaluated)
    else:
        taught = only_known(taught, data.unguided_classes)
    model = train_segmenter(config, data, taught, folder, bad_images, verbose=verbose)
    return read_figures(folder) or judge_row(model, config, data, folder, title)


def judge_row(
    model: WeakSegmenter, config: Config, data: DataSet, folder: Path, title: str
) -> dict[str, Any]:
    """Judge the segmenter of a row on the split that results are reported on.

    Args:
        model: trained.
        config: of the row.
        data: the data set.
        folder: `evaluation.json`, `confusion_matrix.png` and `examples/` go there.
        title: of the picture.

    Returns:
        What `evaluation.json` holds.
    """
    split = data.evaluated
    judged = with_bare_masks(data.splits[split], data.unguided_classes)
    settings = inference_settings(config)
    names = list(data.class_names)
    figures: dict[str, Any] = {
        "split": split,
        "seed": config.seed,
        "segmentation": {
            "of": f"segmenter ({model.method})",
            "inference": {"scales": settings.scales, "flip": settings.flip, "crf": settings.crf},
            **judge_segmenter(model.predict_on_batch, judged, names, settings),
        },
    }
    confusion = np.array(figures["segmentation"]["confusion"])
    picture = pixel_confusion_figure(confusion, ["background", *names], title)
    write_example_masks(model, config, data, settings, folder)
    save(picture, folder / "confusion_matrix.png")
    write_evaluation(figures, folder / EVALUATION)
    return figures


def inference_settings(config: Config) -> InferenceSettings:
    """Return how a run's segmenter is judged."""
    inference = config.segmenter.inference
    size = config.segmenter.image_size or config.data.image_size
    return InferenceSettings(size, inference.scales, inference.flip, inference.crf)


def _load(path: Path) -> WeakSegmenter:
    return load_saved(path, WeakSegmenter)


def _judges(config: Config, data: DataSet, size: tuple[int, int]) -> list[ValidationMiou]:
    validation, most = data.splits.get("validation"), config.segmenter.validation_images
    if validation is None or most == 0 or not validation.has_mask.any():
        return []
    judged = with_bare_masks(validation, data.unguided_classes)
    return [ValidationMiou(judged, data.class_names, size, most)]


def _without_unguided(split: Split, data: DataSet) -> Split:
    """Clear the labels of classes without an object: no cell could ever show them."""
    labels = split.labels.copy()
    labels[:, list(data.unguided_classes)] = 0
    return replace(split, labels=labels)
