"""`gain-tf cues`: localisation cues and pseudo labels of a trained run."""

import sys
from pathlib import Path

import click

from gain_tf.cli import row_option, run, run_argument, shard_option
from gain_tf.data.shard import Shard
from gain_tf.errors import UserError, advising_on_memory

CHANGEABLE = ("cues.", "data.root=")


@click.command
@run_argument
@click.option("--split", default="train", show_default=True, help="Split to make cues of.")
@row_option
@click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the cues. [default: cues/SPLIT in the run folder]",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change a setting, such as cues.threshold=0.3 or cues.scales=[0.75, 1.0, 1.25]; or "
    "data.root, where the data have moved. May be repeated.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="Images computed at a time.",
)
@shard_option
@advising_on_memory("a smaller --batch-size needs less")
def cues(
    folder: Path,
    split: str,
    row: str | None,
    out: Path | None,
    overrides: tuple[str, ...],
    batch_size: int,
    shard: Shard,
) -> None:
    """Turn the attention of a trained run into cues for a segmenter.

    Writes for each image of the split labels/ID.png, pseudo labels as indexed PNG (class index
    + 1, 0 background, 255 unknown), and arrays/ID.npz with the cue cells. Where the split has
    masks, cues.json judges the cues against them, sweep.png shows every threshold, and
    confusion_matrix.png what the best one takes for what. Images that are done are not made again.
    With --shard the cues of a part are made, and not judged.
    """
    for override in overrides:
        if not override.strip().startswith(CHANGEABLE):
            raise UserError(
                f"--set {override}: the run is trained; cues can change keys of the section cues, "
                "such as cues.threshold=0.3, and data.root"
            )
    from gain_tf.training.run_cues import make_run_cues

    made = make_run_cues(folder, row, split, out, overrides, batch_size, shard)
    click.echo("\n".join(made.sentences))
    if made.problems:
        click.echo("\n".join(made.problems), err=True)
        sys.exit(1)


if __name__ == "__main__":
    run(cues, "gain-tf cues")
