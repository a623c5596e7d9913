"""The cues of a run: what is missing is made, what is there is judged."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gain_tf.data.progress import tracked
from gain_tf.data.registry import load_data
from gain_tf.data.shard import ALL, Shard
from gain_tf.errors import UserError
from gain_tf.files import replacing
from gain_tf.report.confusion import pixel_confusion_figure
from gain_tf.report.cue_sweep import sweep_figure
from gain_tf.report.style import save
from gain_tf.segmentation.cue_evaluation import evaluate_cues
from gain_tf.segmentation.cue_files import CueFolder
from gain_tf.segmentation.make_cues import CueMaker
from gain_tf.training.cue_settings import claim_cues
from gain_tf.training.open_rows import load_row, network_row
from gain_tf.training.run_folder import row_folder
from gain_tf.training.train import MODEL

FIGURES = "cues.json"


@dataclass(frozen=True)
class MadeCues:
    """What came of it.

    Attributes:
        sentences: for the user.
        problems: a sentence for each image that could not be read.
    """

    sentences: Sequence[str]
    problems: Sequence[str]


def make_run_cues(
    run: Path,
    row: str | None,
    split_name: str,
    out: Path | None,
    overrides: Sequence[str],
    batch_size: int,
    shard: Shard = ALL,
) -> MadeCues:
    """Make and judge the cues of a split.

    Args:
        run: folder of a finished run.
        row: of the comparison; None for the guided model. Rows that share an attention network
            share its cues.
        split_name: of the run's data set.
        out: folder of the cues; None for `cues/SPLIT` in the folder of that network.
        overrides: of the row's config, `a.b=value`; see `load_row`.
        batch_size: images computed at a time.
        shard: whose cues are made; only all of them are judged.

    Returns:
        What to say.

    Raises:
        UserError: the run is not finished, the split is not there, or the folder holds cues that
            were made otherwise.
        DataError: the folder of background cues lacks maps.
    """
    loaded = load_row(run, row, overrides)
    shared = network_row(run, row)
    place = row_folder(run, shared)
    config = loaded.config
    data = load_data(loaded.data, once=True)
    if split_name not in data.splits:
        raise UserError(
            f"--split: {data.name} has no split {split_name!r}; it has {', '.join(data.splits)}"
        )
    split = data.splits[split_name]
    maker = CueMaker(loaded.model, data, split, config.cues, config.data.image_size)
    out = out or place / "cues" / split_name
    folder = CueFolder(out)
    own = shard.of(range(len(split)))
    missing = [index for index in own if not folder.has(split.ids[index])]
    # Before the folder is claimed: who mends what is missing may mend it by other settings.
    maker.look_up(missing)
    claim_cues(out, config, split_name, shared, place / MODEL, data.class_names)
    problems = list(maker.make(missing, folder, batch_size).values())
    made = len(missing) - len(problems)
    if not shard.whole:
        ready = len(own) - len(problems)
        said = (
            f"{ready} of {len(own)} images of part {shard} have cues in {out}, {made} of them new"
        )
        return MadeCues(
            [said, "cues are judged without --shard, when all parts are done"], problems
        )
    done = np.array([folder.has(name) for name in split.ids])
    sentences = [f"{int(done.sum())} of {len(split)} images have cues in {out}, {made} of them new"]
    masked = np.flatnonzero(done & split.has_mask).tolist()
    figures: dict[str, Any] = {
        "split": split_name,
        "row": shared,
        "images": int(done.sum()),
        "settings": config.cues.model_dump(mode="json"),
        "evaluation": None,
    }
    if masked:
        evaluation = evaluate_cues(
            folder, data, split, tracked(masked, "judging"), config.cues.threshold
        )
        names = ("background", *data.class_names)
        figures["evaluation"] = evaluation.figures(names)
        best = evaluation.thresholds[evaluation.best]
        title = f"{data.name}, {split_name}: {shared}"
        curve = sweep_figure(figures["evaluation"]["sweep"], config.cues.threshold, title)
        save(curve, out / "sweep.png")
        counts = evaluation.sweep[evaluation.best].counts
        shown = pixel_confusion_figure(counts, names, f"{title}, above {best:g}")
        save(shown, out / "confusion_matrix.png")
        sentences += _judged(figures["evaluation"], config.cues.threshold, split_name)
    else:
        sentences.append(f"{data.name} has no masks in {split_name}: nothing to judge them by")
    with replacing(out / FIGURES) as temporary:
        temporary.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return MadeCues(sentences, problems)


def _judged(evaluation: dict[str, Any], threshold: float, split: str) -> list[str]:
    at = next(step for step in evaluation["sweep"] if step["threshold"] == round(threshold, 4))
    best, labels = evaluation["best"], evaluation["pseudo_labels"]
    return [
        f"pseudo labels: mIoU {labels['miou']:.3f} with {labels['unknown']:.0%} of the pixels "
        "unknown",
        f"attention above {threshold:g}, the rest background: mIoU {at['miou']:.3f}",
        f"best threshold {best['threshold']:g}: mIoU {best['miou']:.3f} (chosen on the masks of "
        f"{split}, {evaluation['images']} images)",
    ]
