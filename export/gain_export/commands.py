"""`gain-tf export` and `gain-tf describe`."""

import json
from pathlib import Path
from typing import Any

import click

from gain_tf.cli import row_option, run_argument


@click.command
@run_argument
@click.option(
    "--to",
    "targets",
    default="onnx",
    show_default=True,
    metavar="A,B",
    help="onnx, saved_model, int8; int8 brings onnx with it.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the files. [default: RUN/export]",
)
@click.option(
    "--repository",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the next version of a model repository instead, for an inference server.",
)
@click.option("--name", help="Name of the model. [default: the run's]")
@row_option
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="For how many of the best classes there is attention.",
)
@click.option("--no-attention", is_flag=True, help="Export the scores alone.")
@click.option(
    "--reject",
    type=click.FloatRange(0, 1),
    nargs=2,
    metavar="LOW HIGH",
    help="Scores from LOW to below HIGH are too doubtful for a verdict. [default: none are]",
)
@click.option(
    "--segmenter",
    is_flag=True,
    help="Export the row's segmenter: class_map and scores. [default --out: RUN/segmenter/export]",
)
@click.option("--overwrite", is_flag=True, help="Replace what lies at --out.")
def export(
    folder: Path,
    targets: str,
    out: Path | None,
    repository: Path | None,
    name: str | None,
    row: str | None,
    top: int,
    no_attention: bool,
    reject: tuple[float, float] | None,
    segmenter: bool,
    overwrite: bool,
) -> None:
    """Turn a trained run into files for inference, scores and attention in one graph.

    A file is kept only where it answers as the training does on every image of the validation
    split: scores to 1e-4, all verdicts, attention to 1e-3; a segmenter's class of every pixel.
    """
    if segmenter and (top != 1 or no_attention or reject is not None):
        raise click.UsageError("--segmenter: has no attention and no verdict to be asked about")
    if repository is not None and (out is not None or targets != "onnx"):
        raise click.UsageError("--repository writes model.onnx alone: leave out --out and --to")
    from gain_export.run_export import (
        check_run,
        check_targets,
        default_place,
        export_to_folder,
        export_to_repository,
        run_exporter,
        segmenter_exporter,
    )

    wanted = [target.strip() for target in targets.split(",") if target.strip()]
    check_targets(wanted)
    # Whether there is a run, and a segmenter, comes before whether their folder is free.
    check_run(folder, row)
    place = out or default_place(folder, row, segmenter=segmenter)
    of_segmenter = segmenter_exporter(folder, row, name=name) if segmenter else None
    if repository is None:
        _check_place(place, overwrite=overwrite)
    exporter, images = of_segmenter or run_exporter(
        folder, row, name=name, top=top, attention=not no_attention, reject_band=reject
    )
    if repository is None:
        figures = export_to_folder(exporter, images, wanted, place, overwrite=overwrite)
    else:
        place, figures = export_to_repository(exporter, images, repository, exporter.about.name)
    _report(figures, place)


@click.command
@click.argument("path", metavar="FILE_OR_RUN", type=click.Path(path_type=Path, exists=True))
def describe(path: Path) -> None:
    """Say what an exported model or a run folder is, as JSON."""
    from gain_export.describe import described

    click.echo(json.dumps(described(path), indent=2, ensure_ascii=False))


def _check_place(place: Path, *, overwrite: bool) -> None:
    if place.exists() and not overwrite:
        raise click.BadParameter(
            f"{place} exists already; give another folder, or --overwrite", param_hint="--out"
        )
    parent = place.absolute().parent
    if not parent.is_dir():
        raise click.BadParameter(f"there is no folder {parent}", param_hint="--out")


def _report(figures: dict[str, Any], place: Path) -> None:
    for target in ("onnx", "saved_model"):
        if target in figures:
            found = figures[target]
            click.echo(
                f"{target}: scores differ from training by at most "
                f"{found['scores']['largest_difference']:.1e}{_maps(found)} "
                f"({found['images']} images)"
            )
    if "int8" in figures:
        found = figures["int8"]
        click.echo(
            f"int8: {found['verdicts_agree']:.1%} of the verdicts agree{_int8_maps(found)}, "
            f"{found['speed_up']:.2f} times as fast"
        )
        if found["why_not"]:
            click.echo(f"int8 was not kept: {'; '.join(found['why_not'])}")
    click.echo(f"written to {place}")


def _int8_maps(found: dict[str, Any]) -> str:
    """Say how far eight bits are from the float file's attention, or class of the pixels."""
    if "pixels_agree" in found:
        return (
            f", {found['pixels_agree']:.1%} of the pixels, classes overlap by "
            f"{found['class_overlap']:.2f}"
        )
    overlap = found["attention_overlap"]
    return "" if overlap is None else f", maps overlap by {overlap:.2f}"


def _maps(found: dict[str, Any]) -> str:
    """Say how far attention, or the class of the pixels, is from the training."""
    if "class_map" in found:
        share = found["class_map"]["pixels_different"]
        return f", the class of {share:.2%} of the pixels, all ties" if share else ", no pixel"
    attention = found["attention"]
    if attention is None:
        return ", no verdict"
    return f", attention by at most {attention['largest_difference']:.1e}, no verdict"
