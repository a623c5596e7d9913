"""`gain-tf segment`: what a trained segmenter sees in images of one's own."""

import sys
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
    help="Folder for masks/ (indexed PNG) and overlays/.",
)
@row_option
@click.option(
    "--scales",
    metavar="A,B",
    help="Scales averaged, such as 0.75,1,1.25. [default: the run's]",
)
@click.option("--flip/--no-flip", default=None, help="Mirrored images too. [default: the run's]")
@click.option(
    "--crf",
    type=click.Choice(["none", "full", "reduced"]),
    help="Dense CRF at full size (extra crf) or on a reduced image. [default: the run's]",
)
@click.option(
    "--voc-archive",
    metavar="FILE.tar.gz",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also pack the masks for the test server of PASCAL VOC 2012.",
)
@shard_option
@advising_on_memory("fewer or smaller --scales need less")
def segment(
    folder: Path,
    images: tuple[Path, ...],
    out: Path,
    row: str | None,
    scales: str | None,
    flip: bool | None,
    crf: str | None,
    voc_archive: Path | None,
    shard: Shard,
) -> None:
    """Segment images of your own by the segmenter of a trained run.

    IMAGES are files or folders, whose masks beside photographs (NAME.png, NAME_mask.png) are left
    out. Writes for each, at its own size, masks/NAME.png with the class of every pixel (index + 1,
    0 background) in VOC's colours, and overlays/NAME.png. What is there already is not done again.
    The run's data set is not needed.
    """
    if voc_archive is not None and not shard.whole:
        raise click.UsageError("--voc-archive packs all masks: leave --shard out")
    from dataclasses import replace

    from gain_tf.data.progress import tracked
    from gain_tf.data.voc_archive import TEST_IMAGES, archive_problems, write_voc_archive
    from gain_tf.report.claim import of_model
    from gain_tf.report.explanations import find_images
    from gain_tf.report.segmentations import SegmentWriter
    from gain_tf.segmentation.full_crf import check_available
    from gain_tf.training.open_rows import load_segmenter
    from gain_tf.training.segmenter import inference_settings

    if voc_archive is not None and (problems := archive_problems(voc_archive)):
        raise UserError("\n".join(f"--voc-archive {problem}" for problem in problems))
    found = shard.of(find_images(images, out))
    loaded = load_segmenter(folder, row)
    settings = inference_settings(loaded.config)
    given = {"scales": _numbers(scales), "flip": flip, "crf": crf}
    try:
        settings = replace(settings, **{k: v for k, v in given.items() if v is not None})
    except ValueError as error:
        raise UserError(f"--scales: {error}") from error
    if settings.crf == "full":
        # Before the folder is claimed: who has no pydensecrf goes on with another CRF.
        check_available()
    made_by = of_model(folder, row, loaded.file)
    predict, class_names = loaded.model.predict_on_batch, loaded.class_names
    writer = SegmentWriter(predict, settings, class_names, out, made_by, images)
    writer.begin()
    wanted = writer.missing(found)
    # The full CRF has a bar of its own.
    shown = wanted if settings.crf == "full" else tracked(wanted, "segmenting")
    writer.write(shown, total=len(wanted))
    done = len(found) - len(writer.problems)
    now = len(wanted) - len(writer.problems)
    click.echo(f"{done} of {len(found)} images segmented in {out}, {now} of them now")
    if voc_archive is not None and not writer.problems:
        write_voc_archive([writer.files(each)[0] for each in found], voc_archive)
        missing = f"; the test set has {TEST_IMAGES}" if len(found) != TEST_IMAGES else ""
        click.echo(f"{voc_archive}: {len(found)} masks{missing}")
    if writer.problems:
        click.echo("\n".join(writer.problems), err=True)
        sys.exit(1)


def _numbers(text: str | None) -> tuple[float, ...] | None:
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UserError(f"--scales: {text!r} is no list of numbers such as 0.75,1,1.25") from error


if __name__ == "__main__":
    run(segment, "gain-tf segment")
