"""`gain-tf explain`: where a trained run looks, on images of one's own."""

import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from gain_tf.cli import images_argument, row_option, run, run_argument, shard_option
from gain_tf.data.shard import Shard
from gain_tf.errors import UserError, advising_on_memory


@click.command
@run_argument
@images_argument
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for overlays (PNG), maps (NPY) and scores.csv.",
)
@row_option
@click.option("--classes", metavar="A,B", help="Classes to explain, by name. [default: the best]")
@click.option("--top", type=click.IntRange(min=1), help="How many of the best. [default: 1]")
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=32,
    show_default=True,
    help="Images computed at a time.",
)
@shard_option
@advising_on_memory("a smaller --batch-size needs less")
def explain(
    folder: Path,
    images: tuple[Path, ...],
    out: Path,
    row: str | None,
    classes: str | None,
    top: int | None,
    batch_size: int,
    shard: Shard,
) -> None:
    """Show where a trained run looks, on images of your own.

    IMAGES are files or folders, whose masks beside photographs (NAME.png, NAME_mask.png) are left
    out. Writes for each an overlay NAME.png and the map NAME.npy (float32, in [0, 1]); with several
    classes an image, NAME--CLASS.png and NAME--CLASS.npy. scores.csv has a line for each of them,
    NAME in its column "written"; that of part 2/4 is scores-2-of-4.csv. What is there already is
    not done again. The run's data set is not needed.
    """
    if classes is not None and top is not None:
        raise click.UsageError("--classes and --top exclude each other")
    from rich.progress import track

    from gain_tf.report.claim import of_model
    from gain_tf.report.explanations import Explainer, find_images
    from gain_tf.training.open_rows import load_row

    found = shard.of(find_images(images, out))
    loaded = load_row(folder, row)
    explainer = Explainer(
        model=loaded.model,
        made_by=of_model(folder, row, loaded.file),
        sources=images,
        image_size=loaded.config.data.image_size,
        class_names=loaded.class_names,
        single_label=loaded.single_label,
        out=out,
        classes=None if classes is None else _indices(classes, loaded.class_names),
        top=_at_most(top or 1, len(loaded.class_names)),
        shard=shard,
    )
    wanted = explainer.begin(found)
    shown = track(wanted, "explaining", disable=not sys.stdout.isatty())
    explainer.explain(shown, batch_size)
    done = len(found) - len(explainer.problems)
    now = len(wanted) - len(explainer.problems)
    click.echo(f"{done} of {len(found)} images explained in {out}, {now} of them now")
    if explainer.problems:
        click.echo("\n".join(explainer.problems), err=True)
        sys.exit(1)


def _indices(classes: str, class_names: Sequence[str]) -> list[int]:
    names = [name.strip() for name in classes.split(",")]
    for name in names:
        if name not in class_names:
            close = difflib.get_close_matches(name, class_names, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(class_names)}"
            raise UserError(f"--classes: the run has no class {name!r}; {hint}")
    return [class_names.index(name) for name in names]


def _at_most(top: int, classes: int) -> int:
    if top > classes:
        raise UserError(f"--top: the run has {classes} classes, not {top}")
    return top


if __name__ == "__main__":
    run(explain, "gain-tf explain")
