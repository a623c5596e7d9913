"""`gain-tf evaluate`: a trained run, or what was exported of it, on a split of its data."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gain_tf.cli import row_option, run

if TYPE_CHECKING:
    from gain_tf.evaluation.predictions import Predictions


@click.command
@click.argument("folder", metavar="RUN_OR_FILE", type=click.Path(path_type=Path))
@click.option("--split", help="Split to judge on. [default: test, else validation]")
@row_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the figures to this file.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Config of an exported model's run. [default: config.yaml in a folder above the file]",
)
def evaluate(
    folder: Path, split: str | None, row: str | None, out: Path | None, config: Path | None
) -> None:
    """Judge a trained run, or an exported MODEL.onnx, and print its figures as JSON.

    An exported model is run by ONNX Runtime on the pictures as they are, at their own size; a
    segmenter is judged by its class maps, with the CRF of its run.
    """
    from gain_tf.evaluation.evaluate import write_evaluation

    if out is not None and not out.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    if folder.suffix == ".onnx":
        from gain_export.evaluation import evaluate_file

        if row is not None:
            raise click.BadParameter("an exported model is one row", param_hint="--row")
        figures = evaluate_file(folder, config, split)
    else:
        figures, _ = _evaluate_run(folder, row, split)
    click.echo(json.dumps(figures, indent=2))
    if out is not None:
        write_evaluation(figures, out)


def _evaluate_run(
    folder: Path, row: str | None, split: str | None
) -> "tuple[dict[str, Any], Predictions]":
    from gain_tf.evaluation.evaluate import evaluate_model
    from gain_tf.training.run_folder import open_run

    opened = open_run(folder, row)
    return evaluate_model(opened.model, opened.config, opened.data, split)


if __name__ == "__main__":
    run(evaluate, "gain-tf evaluate")
