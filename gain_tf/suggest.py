"""`gain-tf suggest`: which images to annotate next."""

from pathlib import Path

import click

from gain_tf.cli import row_option, run, run_argument


@click.command
@run_argument
@click.option(
    "-n",
    "--number",
    type=click.IntRange(min=1),
    default=60,
    show_default=True,
    help="Images to suggest.",
)
@click.option(
    "--beside",
    multiple=True,
    metavar="RUN",
    type=click.Path(path_type=Path),
    help="A run of the same config with another seed; where they disagree, annotation is wanted. "
    "May be repeated. [default: the run's own plain baseline]",
)
@row_option
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for suggestions.csv and suggestions.png. [default: the run's]",
)
def suggest(
    folder: Path, number: int, beside: tuple[Path, ...], row: str | None, out: Path | None
) -> None:
    """Rank the training images without annotation by what annotating them may buy.

    Classes with the least annotation take turns; within one come first the groups (frames of one
    object) with the least, and of these three signals are ranked and averaged: attention off the
    region where the class mostly lies, networks that look elsewhere, and an answer that hangs on
    the attended region alone. suggestions.csv is the list, the best first, with each signal;
    suggestions.png shows the images. A config takes the list as data.budget.listed.
    """
    from gain_tf.training.suggest import suggest as suggest_images

    path, chosen = suggest_images(folder, number, out or folder, row, beside)
    click.echo(f"{len(chosen)} images suggested in {path}")


if __name__ == "__main__":
    run(suggest, "gain-tf suggest")
