"""`classes.json` of a run: what the scores mean, and which images it was begun with."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from gain_tf.data.dataset import DataSet, Split
from gain_tf.errors import UserError
from gain_tf.files import read_json, replacing
from gain_tf.training.run_folder import MADE_AGAIN

CLASSES = "classes.json"


def write_classes(run: Path, data: DataSet) -> None:
    """Write `classes.json`: what the scores mean, for those who have no data.

    Args:
        run: its folder.
        data: that it is trained and judged on.

    Raises:
        UserError: the run was begun with other images, labels or annotation.
    """
    splits = {name: _fingerprint(split) for name, split in data.splits.items()}
    annotation = {name: _annotation_of(split) for name, split in data.splits.items()}
    begun = read_classes(run) if (run / CLASSES).is_file() else {}
    for what, before, now in (
        ("images or labels", begun.get("splits", splits), splits),
        ("boxes, or masks of other images,", begun.get("annotation", annotation), annotation),
    ):
        if changed := [name for name in {**before, **now} if before.get(name) != now.get(name)]:
            raise UserError(
                f"{run}: was begun with other {what} in {', '.join(changed)}: put the data back "
                "as they were, or move that folder away and begin anew"
            )
    classes = {
        "class_names": list(data.class_names),
        "single_label": data.single_label,
        "splits": splits,
        "annotation": annotation,
    }
    with replacing(run / CLASSES) as temporary:
        text = json.dumps(classes, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_classes(run: Path) -> dict[str, Any]:
    """Read `classes.json`.

    Args:
        run: its folder.

    Returns:
        `class_names` in the order of the scores, without background, `single_label`, and `splits`,
        what each held when the run was begun.

    Raises:
        UserError: the run does not say, or the file is damaged.
    """
    path = run / CLASSES
    if not path.is_file():
        raise UserError(f"{run}: has no {CLASSES}, which names the classes of the scores")
    return read_json(path, MADE_AGAIN)


def _fingerprint(split: Split) -> dict[str, Any]:
    """Return what tells a split from others: how many images, and a hash of ids and labels."""
    found = hashlib.sha256("\0".join(split.ids).encode())
    found.update(np.ascontiguousarray(split.labels).tobytes())
    return {"images": len(split), "sha256": found.hexdigest()}


def _annotation_of(split: Split) -> str:
    """Return what tells the annotation of a split from others: a hash of boxes and shown classes.

    The masks themselves are files, too many to be read for that.
    """
    found = hashlib.sha256(np.ascontiguousarray(split.mask_shows).tobytes())
    for boxes, labels in zip(split.boxes, split.box_labels, strict=True):
        found.update(np.ascontiguousarray(boxes).tobytes())
        found.update(np.ascontiguousarray(labels).tobytes() + b"\0")
    return found.hexdigest()
