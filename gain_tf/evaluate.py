"""`gain-tf evaluate`: a trained run, or what was exported of it, on a split of its data."""

import json
from pathlib import Path
from typing import Any

import click

from gain_tf.cli import row_option, run, shard_option
from gain_tf.data.shard import Shard


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
@click.option(
    "--parts",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder for the answers of parts: --shard adds one, without it all are judged together.",
)
@shard_option
def evaluate(
    folder: Path,
    split: str | None,
    row: str | None,
    out: Path | None,
    config: Path | None,
    parts: Path | None,
    shard: Shard,
) -> None:
    """Judge a trained run, or an exported MODEL.onnx, and print its figures as JSON.

    An exported model is run by ONNX Runtime on the pictures as they are, at their own size; a
    segmenter is judged by its class maps, with the CRF of its run.
    With --shard and --parts a run answers for a part of the images; once all parts are there, the
    same command without --shard judges them as if they had been one.
    """
    from gain_tf.evaluation.evaluation_files import write_evaluation

    if out is not None and not out.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    if not shard.whole and parts is None:
        raise click.UsageError("--shard needs --parts, the folder that its answers go to")
    if not shard.whole and out is not None:
        raise click.UsageError("a part has no figures for --out: leave --shard out")
    if folder.suffix == ".onnx":
        from gain_export.evaluation import evaluate_file

        if row is not None:
            raise click.BadParameter("an exported model is one row", param_hint="--row")
        if parts is not None:
            raise click.BadParameter("an exported model is judged at once", param_hint="--parts")
        figures = evaluate_file(folder, config, split)
    else:
        if config is not None:
            raise click.BadParameter("a run folder has its own config", param_hint="--config")
        figures = _evaluate_run(folder, row, split, parts, shard)
    if figures is None:
        return
    click.echo(json.dumps(figures, indent=2))
    if out is not None:
        write_evaluation(figures, out)


def _evaluate_run(
    folder: Path, row: str | None, split: str | None, place: Path | None, shard: Shard
) -> dict[str, Any] | None:
    from gain_tf.evaluation.evaluate import answer_part, evaluate_model
    from gain_tf.evaluation.parts import Parts
    from gain_tf.files import sha256_of
    from gain_tf.report.claim import claim
    from gain_tf.training.open_rows import open_run

    opened = open_run(folder, row)
    if place is None:
        return evaluate_model(opened.model, opened.config, opened.data, split)[0]
    parts = Parts(place)
    made_by = {"run": str(folder.resolve()), "row": row, "model": sha256_of(opened.file)}
    claim(place, "parts.json", made_by, "answers", "--parts")
    if shard.whole:
        return evaluate_model(opened.model, opened.config, opened.data, split, parts)[0]
    names = answer_part(opened.model, opened.config, opened.data, split, parts, shard)
    click.echo(
        f"part {shard} of {', '.join(names)} answered in {place}, to be judged without --shard"
    )
    return None


if __name__ == "__main__":
    run(evaluate, "gain-tf evaluate")
