"""Export in one's own code: the functions of `gain_export`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from gain_export.exporting import (
    Exporter,
    classifier_gate,
    evidence_of_pictures,
    segmenter_gate,
)
from gain_export.graph import Exportable, inference_of
from gain_export.metadata import SEGMENTATION, About
from gain_export.repository import MODEL, add_version, check_name
from gain_export.segmenter_graph import segmenter_inference_of
from gain_tf.errors import UserError
from gain_tf.files import replacing
from gain_tf.folders import made, new_folder, passing_through
from gain_tf.models.classifier import AttentiveClassifier
from gain_tf.models.segmenter import WeakSegmenter

SIZES = ((224, 224), (97, 161), (240, 128), (33, 47), (300, 301), (64, 64), (150, 90), (1, 1))
"""Of the pictures that a model is tried on where none are given."""

FREE_SIZES = ((224, 224), (160, 192))
"""The same for a network that takes pictures at their own size."""


def to_onnx(
    model: AttentiveClassifier | WeakSegmenter,
    path: Path | str,
    *,
    image_size: tuple[int, int] | None = None,
    class_names: Sequence[str] | None = None,
    name: str | None = None,
    top: int = 1,
    attention: bool = True,
    reject_band: tuple[float, float] | None = None,
    images: Sequence[np.ndarray] | None = None,
    overwrite: bool = False,
) -> Path:
    """Export a model to one ONNX file.

    Of a GAIN it gives scores and attention, of a segmenter the class of every pixel and scores.
    The file is kept only where ONNX Runtime gives the model's own scores to 1e-4, its verdicts,
    and its attention to 1e-3 on `images`; of a segmenter the scores, and the class of every pixel
    that is no tie.

    Args:
        model: a `gain_tf.GAIN`, or a `gain_tf.WeakSegmenter`, to which `top`, `attention` and
            `reject_band` mean nothing.
        path: of the file.
        image_size: (height, width) that pictures are resized to inside the graph, as in training;
            None for the fixed size of the network's input, or no resizing where it takes any.
        class_names: in the order of the scores; None for "0", "1", ...
        name: of the model; None for the file's.
        top: for how many of the best classes there is attention.
        attention: whether the map is exported at all.
        reject_band: scores [low, high) that are too doubtful for a verdict.
        images: uint8 RGB (H, W, 3) each, to compare on; None for noise of several sizes.
        overwrite: whether a file at `path` is replaced.

    Returns:
        The path.

    Raises:
        UserError: the model is neither, something lies at `path`, or an argument does not fit.
        NoRuleError: a layer of the head has no rule for its backward pass.
        FailedError: the file does not answer as the model does; nothing is left behind.
        OSError: the file cannot be written; likewise.
    """
    path = Path(path)
    _check_place(path, overwrite=overwrite)
    exporter = _exporter(
        model, name or path.stem, image_size, class_names, top, attention, reject_band, images
    )
    with replacing(path) as temporary:
        exporter.write_onnx(temporary)
    return path


def to_saved_model(
    model: AttentiveClassifier | WeakSegmenter,
    path: Path | str,
    *,
    image_size: tuple[int, int] | None = None,
    top: int = 1,
    attention: bool = True,
    images: Sequence[np.ndarray] | None = None,
    overwrite: bool = False,
) -> Path:
    """Export a model to a SavedModel with the inputs and outputs of the ONNX file.

    Arguments, result and errors are those of `to_onnx`; `path` is a folder.
    """
    path = Path(path)
    _check_place(path, overwrite=overwrite)
    exporter = _exporter(model, path.stem, image_size, None, top, attention, None, images)
    with new_folder(path, overwrite=overwrite) as temporary:
        exporter.write_saved_model(temporary)
    return path


def to_repository(
    model: AttentiveClassifier | WeakSegmenter,
    dir: Path | str,  # noqa: A002 - the published name of the argument
    *,
    name: str,
    class_names: Sequence[str] | None = None,
    **options: Any,
) -> Path:
    """Put a model into a repository for an inference server, as its next version.

    Args:
        model: a `gain_tf.GAIN` or a `gain_tf.WeakSegmenter`.
        dir: the repository; made where it is not there.
        name: of the model: letters, digits, '.', '-' and '_'.
        class_names: in the order of the scores.
        **options: further ones of `to_onnx`.

    Returns:
        The folder of the version, which holds `model.onnx`.
    """
    check_name(name)
    repository = made(dir, "dir")
    with passing_through(repository / name) as temporary:
        file = to_onnx(model, temporary / MODEL, name=name, class_names=class_names, **options)
        names = _names(model, class_names)
        return add_version(repository, name, file.read_bytes(), names)


def _exporter(
    model: keras.Model,
    name: str,
    image_size: tuple[int, int] | None,
    class_names: Sequence[str] | None,
    top: int,
    attention: bool,
    reject_band: tuple[float, float] | None,
    images: Sequence[np.ndarray] | None,
) -> Exporter:
    if isinstance(model, WeakSegmenter):
        return _segmenter_exporter(model, name, image_size, class_names, images)
    if not isinstance(model, AttentiveClassifier):
        raise UserError(
            f"a {type(model).__name__} cannot be exported, only a gain_tf.GAIN or a "
            "gain_tf.WeakSegmenter: wrap the network as gain_tf.GAIN(backbone=features, head=head)"
        )
    inference = inference_of(model, image_size, top=top, attention=attention)
    about = About(
        name=name,
        class_names=_names(model, class_names),
        single_label=model.activation == "softmax",
        image_size=inference.image_size,
        reject_band=reject_band,
    )
    pictures = _noise(inference) if images is None else list(images)
    evidence = evidence_of_pictures(pictures, inference)
    gate = classifier_gate(inference, evidence, single_label=about.single_label)
    return Exporter(inference, about, evidence, gate)


def _segmenter_exporter(
    model: WeakSegmenter,
    name: str,
    image_size: tuple[int, int] | None,
    class_names: Sequence[str] | None,
    images: Sequence[np.ndarray] | None,
) -> Exporter:
    inference = segmenter_inference_of(model, image_size)
    about = About(
        name=name,
        class_names=_names(model, class_names),
        single_label=False,
        image_size=inference.image_size,
        task=SEGMENTATION,
    )
    pictures = _noise(inference) if images is None else list(images)
    evidence = evidence_of_pictures(pictures, inference)
    return Exporter(inference, about, evidence, segmenter_gate(inference, evidence))


def _names(
    model: AttentiveClassifier | WeakSegmenter, class_names: Sequence[str] | None
) -> list[str]:
    names = [str(c) for c in range(model.classes)] if class_names is None else list(class_names)
    if len(names) != model.classes or len(set(names)) != len(names):
        raise UserError(
            f"class_names must name each of the {model.classes} classes once, not {names}"
        )
    return names


def _noise(inference: Exportable) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    sizes = FREE_SIZES if inference.image_size is None else SIZES
    return [random.integers(0, 256, (*size, 3), np.uint8) for size in sizes]


def _check_place(path: Path, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise UserError(f"{path}: exists already; give another path, or overwrite=True")
    if not path.absolute().parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.absolute().parent}")
