"""`gain-tf evaluate`: a trained run on a split of its data."""

import json
from pathlib import Path

import click

from gain_tf.cli import run


@click.command
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--split", help="Split to judge on. [default: test, else validation]")
@click.option(
    "--row", help="A row of the run's comparison, such as baseline. [default: the run's own]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the figures to this file.",
)
def evaluate(folder: Path, split: str | None, row: str | None, out: Path | None) -> None:
    """Judge a trained run and print its figures as JSON."""
    from gain_tf.evaluation.evaluate import evaluate_model, write_evaluation
    from gain_tf.training.run_folder import open_run

    if out is not None and not out.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    opened = open_run(folder, row)
    figures, _ = evaluate_model(opened.model, opened.config, opened.data, split)
    click.echo(json.dumps(figures, indent=2))
    if out is not None:
        write_evaluation(figures, out)


if __name__ == "__main__":
    run(evaluate, "gain-tf evaluate")
