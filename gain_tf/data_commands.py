"""`gain-tf data`: which data sets there are, and what is in them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gain_tf.cli import config_argument
from gain_tf.config import Config
from gain_tf.errors import UserError

if TYPE_CHECKING:
    from gain_tf.data.dataset import DataSet, Split


@click.group
def data() -> None:
    """List, describe, check and show data sets."""


@data.command("list")
def list_() -> None:
    """Name the data sets that data.name may be."""
    import inspect

    from gain_tf.data.registry import DATA_SETS

    width = max(map(len, DATA_SETS))
    for name, load in DATA_SETS.items():
        about = inspect.getdoc(inspect.getmodule(load)) or ""
        click.echo(f"{name:{width}}  {about.splitlines()[0]}")


@data.command
@config_argument
def describe(config: Config) -> None:
    """Say where the images come from, what is known to be wrong with them, and what there is."""
    from gain_tf.data.registry import load_data

    found = load_data(config.data, whole=False)
    _print_about(found)
    click.echo(f"labels: {'one an image' if found.single_label else 'any number an image'}")
    unguided = [found.class_names[c] for c in found.unguided_classes]
    if unguided:
        click.echo(f"nothing to attend to in: {', '.join(unguided)}")
    _print_splits(found)


@data.command
@config_argument
def check(config: Config) -> None:
    """Report every problem of the data set, file by file; exit status 2 if there is one."""
    from gain_tf.data.registry import load_data

    found = load_data(config.data, whole=False)
    kept = _within_budget(found, config)
    sizes = ", ".join(f"{name} {len(split)}" for name, split in found.splits.items())
    click.echo(
        f"no problems: {_count(sum(map(len, found.splits.values())), 'image')} ({sizes}) of "
        f"{_count(len(found.class_names), 'class', 'classes')}; training sees "
        f"{_count(int(kept.has_mask.sum()), 'mask')} and boxes in "
        f"{_count(int(kept.has_boxes.sum()), 'image')}"
    )
    _print_about(found)


@data.command
@config_argument
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="PNG file for the sheet.",
)
def show(config: Config, out: Path) -> None:
    """Draw a sample sheet of what training sees and of all that is known; count the classes."""
    if not out.parent.is_dir():
        raise UserError(f"--out: there is no folder {out.parent}")
    if out.suffix.lower() != ".png":
        raise UserError(f"--out: {out} must end in .png")
    from gain_tf.data.registry import load_data
    from gain_tf.report.sample_sheet import sample_figure
    from gain_tf.report.style import save

    found = load_data(config.data, whole=False)
    save(sample_figure(found, _within_budget(found, config), config.data.image_size), out)
    _print_about(found)
    _print_splits(found)
    click.echo(f"\nsample sheet {out}")


def _within_budget(found: "DataSet", config: Config) -> "Split":
    from gain_tf.data.budget import within_budget

    train = found.splits["train"]
    try:
        return within_budget(train, config.data.budget, config.seed, found.unguided_classes)
    except ValueError as error:
        raise UserError(str(error)) from error


def _print_about(found: "DataSet") -> None:
    click.echo(found.name)
    for heading, text in found.about.items():
        click.echo(f"{heading}: {text}")


def _print_splits(found: "DataSet") -> None:
    import numpy as np

    width = max(len(name) for name in found.class_names)
    for split_name, split in found.splits.items():
        click.echo(f"\n{split_name}: {_count(len(split), 'image')}")
        boxes = np.zeros((len(split), len(found.class_names)), int)
        for index, labels in enumerate(split.box_labels):
            np.add.at(boxes[index], labels, 1)
        counted = zip(
            found.class_names,
            (split.labels > 0.5).sum(axis=0).tolist(),
            split.mask_shows.sum(axis=0).tolist(),
            (boxes > 0).sum(axis=0).tolist(),
            boxes.sum(axis=0).tolist(),
            strict=True,
        )
        for name, images, masks, boxed, number in counted:
            click.echo(
                f"  {name:{width}}  {_count(images, 'image')}, {masks} with mask, "
                f"{boxed} with boxes ({number})"
            )


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
