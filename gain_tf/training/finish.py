"""One row of a comparison: trained, judged, its segmenter too, as far as that is not done yet."""

from collections.abc import Sequence
from pathlib import Path

from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import DataSet
from gain_tf.evaluation.evaluate import evaluate_everywhere
from gain_tf.evaluation.evaluation_files import (
    EVALUATION,
    PREDICTIONS,
    write_evaluation,
    write_predictions,
)
from gain_tf.models.gain import GAIN
from gain_tf.report.result import RowResult, with_segmenter
from gain_tf.report.segmentation_sheet import CUES
from gain_tf.training.cue_settings import claim_cues
from gain_tf.training.epochs import MODEL
from gain_tf.training.rows import Row, attention_row
from gain_tf.training.run_folder import SEGMENTER, read_figures, row_folder
from gain_tf.training.segmenter import finish_segmenter
from gain_tf.training.train import train


def finish_row(
    row: Row,
    rows: Sequence[Row],
    data: DataSet,
    run: Path,
    bad_images: BadImages,
    start: GAIN | None,
    *,
    verbose: bool,
) -> tuple[RowResult, GAIN]:
    """Train and judge one row, going on from what is there.

    Args:
        row: of the run.
        rows: all of the run.
        data: the data set.
        run: folder of the run.
        bad_images: counts the images that cannot be read.
        start: the model whose weights are the start; None for the network's own.
        verbose: show progress bars.

    Returns:
        What is known of the row, and its attention network.
    """
    shared = attention_row(rows, row).name
    folder = row_folder(run, shared)
    model = train(row.config, data, folder, start, bad_images=bad_images, verbose=verbose)
    # Written before the figures: without it, somebody took it away.
    figures = read_figures(folder) if (folder / PREDICTIONS).is_file() else None
    if figures is None:
        figures, predictions = evaluate_everywhere(model, row.config, data)
        write_predictions(predictions, data, folder / PREDICTIONS)
        write_evaluation(figures, folder / EVALUATION)
    if row.config.segmenter.network is None:
        return RowResult(row.name, row.changes, folder, figures), model
    from_cues = row.config.segmenter.supervision == "cues"
    for split in ("train", data.evaluated) if from_cues else ():
        place = folder / CUES / split
        claim_cues(place, row.config, split, shared, folder / MODEL, data.class_names)
    segmenter = row_folder(run, row.name) / SEGMENTER
    judged = finish_segmenter(
        row.config,
        data,
        model,
        folder / CUES,
        segmenter,
        row.name,
        bad_images,
        verbose=verbose,
    )
    figures = with_segmenter(figures, judged, from_cues=from_cues)
    return RowResult(row.name, row.changes, folder, figures, segmenter), model
