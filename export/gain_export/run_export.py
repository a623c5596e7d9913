"""A finished run exported: its files beside it, or a version in a repository."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gain_export.exporting import (
    ONNX,
    TARGETS,
    Exporter,
    Pictures,
    classifier_gate,
    evidence_of_split,
    segmenter_gate,
)
from gain_export.graph import inference_of
from gain_export.metadata import SEGMENTATION, About
from gain_export.repository import add_version, check_name
from gain_export.segmenter_graph import segmenter_inference_of
from gain_tf.config.study import GUIDED
from gain_tf.data.dataset import DataSet
from gain_tf.data.registry import load_data
from gain_tf.errors import UserError
from gain_tf.files import sha256_of
from gain_tf.folders import made, new_folder, passing_through
from gain_tf.training.open_rows import load_segmenter, network_row, open_run
from gain_tf.training.run_folder import (
    CONFIG,
    SEGMENTER,
    read_figures,
    row_folder,
)

FOLDER = "export"


def default_place(run: Path, row: str | None, *, segmenter: bool) -> Path:
    """Return the folder that files go to where none is named."""
    return (row_folder(run, row or GUIDED) / SEGMENTER if segmenter else run) / FOLDER


def check_targets(targets: Sequence[str]) -> None:
    """Refuse a target that does not exist.

    Raises:
        UserError: names those that do.
    """
    unknown = [target for target in targets if target not in TARGETS]
    if unknown or not targets:
        raise UserError(
            f"--to: there is no target {', '.join(unknown) or '(none)'}; known are "
            f"{', '.join(TARGETS)}"
        )


def check_run(run: Path, row: str | None) -> None:
    """Refuse a folder that is no run, or has no such row.

    Raises:
        UserError: says which.
    """
    network_row(run, row)


def run_exporter(
    run: Path,
    row: str | None,
    *,
    name: str | None = None,
    top: int = 1,
    attention: bool = True,
    reject_band: tuple[float, float] | None = None,
) -> tuple[Exporter, Pictures]:
    """Prepare the export of a run.

    Args:
        run: its folder.
        row: of its comparison; None for the guided model.
        name: of the model; None for the run's.
        top: for how many of the best classes there is attention.
        attention: whether the map is exported.
        reject_band: scores [low, high) that are too doubtful for a verdict.

    Returns:
        What writes the files, and the training images that int8 is calibrated on.
    """
    opened = open_run(run, row)
    config, data = opened.config, opened.data
    inference = inference_of(opened.model, config.data.image_size, top=top, attention=attention)
    figures = read_figures(row_folder(run, network_row(run, row))) or {}
    about = About(
        name=name or config.name,
        class_names=list(data.class_names),
        single_label=data.single_label,
        image_size=inference.image_size,
        attention_threshold=figures.get("attention", {}).get("iou_threshold"),
        reject_band=reject_band,
        config_sha256=sha256_of(run / CONFIG),
        row=row or GUIDED,
    )
    split = _compared_on(data)
    evidence = evidence_of_split(split, data.splits[split], inference)
    gate = classifier_gate(inference, evidence, single_label=about.single_label)
    return Exporter(inference, about, evidence, gate), Pictures(data.splits["train"])


def segmenter_exporter(
    run: Path, row: str | None, *, name: str | None = None
) -> tuple[Exporter, Pictures]:
    """Prepare the export of the segmenter of a run; see `run_exporter`.

    Raises:
        UserError: the row has no finished segmenter.
    """
    loaded = load_segmenter(run, row)
    config, data = loaded.config, load_data(loaded.data)
    size = config.segmenter.image_size or config.data.image_size
    inference = segmenter_inference_of(loaded.model, size)
    about = About(
        name=name or f"{config.name}-segmenter",
        class_names=list(data.class_names),
        single_label=False,
        image_size=inference.image_size,
        config_sha256=sha256_of(run / CONFIG),
        task=SEGMENTATION,
        row=row or GUIDED,
    )
    split = _compared_on(data)
    evidence = evidence_of_split(split, data.splits[split], inference)
    gate = segmenter_gate(inference, evidence)
    return Exporter(inference, about, evidence, gate), Pictures(data.splits["train"])


def export_to_folder(
    exporter: Exporter,
    images: Pictures,
    targets: Sequence[str],
    out: Path,
    *,
    overwrite: bool = False,
) -> dict[str, Any]:
    """Write the files into a folder, all or none.

    Args:
        exporter: of the run.
        images: training images, for int8.
        targets: of `TARGETS`.
        out: the folder.
        overwrite: whether one that lies there is replaced.

    Returns:
        What `parity.json` keeps.
    """
    with new_folder(out, overwrite=overwrite) as temporary:
        return exporter.write_all(temporary, targets, images)


def export_to_repository(
    exporter: Exporter, images: Pictures, repository: Path, name: str
) -> tuple[Path, dict[str, Any]]:
    """Put the run into a repository as the model's next version.

    Args:
        exporter: of the run.
        images: training images.
        repository: the folder; made where it is not there.
        name: of the model.

    Returns:
        The folder of the version, and the figures of the comparison.
    """
    check_name(name)
    made(repository, "--repository")
    with passing_through(repository / name) as temporary:
        figures = exporter.write_all(temporary, ["onnx"], images)
        model = (temporary / ONNX).read_bytes()
    return add_version(repository, name, model, exporter.about.class_names), figures


def _compared_on(data: DataSet) -> str:
    return "validation" if "validation" in data.splits else data.evaluated
