"""From a trained run to the list of images whose annotation is expected to buy most."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gain_tf.config.study import BASELINE
from gain_tf.data.dataset import Split
from gain_tf.errors import UserError
from gain_tf.evaluation.annotation_need import Network, signals_of
from gain_tf.evaluation.suggestion import Suggestion, suggested
from gain_tf.files import replacing
from gain_tf.folders import made
from gain_tf.report.style import save
from gain_tf.report.suggestion_sheet import suggestion_sheet
from gain_tf.training.epochs import MODEL
from gain_tf.training.open_rows import LoadedRow, load_row, open_run
from gain_tf.training.run_folder import row_folder
from gain_tf.training.train import annotated_split

LIST, SHEET = "suggestions.csv", "suggestions.png"


def suggest(
    run: Path, count: int, out: Path, row: str | None = None, beside: Sequence[Path] = ()
) -> tuple[Path, list[Suggestion]]:
    """Rank the training images without annotation, and write the best.

    Args:
        run: folder of a finished run.
        count: images wanted.
        out: folder that `suggestions.csv` and `suggestions.png` go to.
        row: whose network is asked; None for the guided one.
        beside: runs of the same config with other seeds, whose networks are asked too. Without
            any, the run's plain baseline is, where it has one.

    Returns:
        The list, and what it holds.

    Raises:
        UserError: a folder is no finished run, a run beside has other classes, or every image is
            annotated already, or `out` cannot be made.
        FailedError: an image cannot be read.
    """
    made(out, "--out")
    opened = open_run(run, row)
    data, config = opened.data, opened.config
    split = annotated_split(config, data)
    guided = split.labels > 0.5
    guided[:, list(data.unguided_classes)] = False
    annotated = split.has_mask | split.has_boxes
    candidates = np.flatnonzero(guided.any(axis=1) & ~annotated)
    if not len(candidates):
        raise UserError(f"{run}: every training image with an object is annotated already")
    networks = [
        Network(opened.model, config.data.image_size),
        *_others(run, data.class_names, row, beside),
    ]
    signals, maps = signals_of(networks, split, guided, candidates, config.data.batch_size)
    groups = np.asarray(split.ids if split.groups is None else split.groups)
    chosen = suggested(
        candidates,
        signals,
        guided[candidates],
        guided[annotated].sum(axis=0),
        count,
        groups=groups[candidates].tolist(),
        annotated_groups=groups[annotated].tolist(),
    )
    _write(chosen, split, data.class_names, out / LIST)
    shown = [maps[each.image, int(guided[each.image].argmax())] for each in chosen]
    save(suggestion_sheet(chosen, shown, split, data), out / SHEET)
    return out / LIST, chosen


def _others(
    run: Path, class_names: Sequence[str], row: str | None, beside: Sequence[Path]
) -> list[Network]:
    """Open the networks that are asked besides."""
    if not beside:
        there = (row_folder(run, BASELINE) / MODEL).is_file()
        return [_network(load_row(run, BASELINE))] if there and row != BASELINE else []
    others = [load_row(folder, row) for folder in beside]
    for folder, other in zip(beside, others, strict=True):
        if other.class_names != list(class_names):
            raise UserError(f"{folder}: has other classes than {run}")
    return [_network(other) for other in others]


def _network(loaded: LoadedRow) -> Network:
    return Network(loaded.model, loaded.config.data.image_size)


def _write(
    chosen: Sequence[Suggestion], split: Split, class_names: Sequence[str], path: Path
) -> None:
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        names = list(chosen[0].signals)
        writer.writerow(["rank", "id", "labels", "score", *names])
        for rank, each in enumerate(chosen, start=1):
            flags = split.labels[each.image] > 0.5
            labels = ";".join(name for name, on in zip(class_names, flags, strict=True) if on)
            figures = [f"{each.signals[name]:.6f}" for name in names]
            writer.writerow([rank, split.ids[each.image], labels, f"{each.score:.6f}", *figures])
