"""The user's own images.

Layout of the root, either of:

- class folders: `CLASS/NAME.jpg`, or with splits `train/CLASS/NAME.jpg`, `validation/...`,
  `test/...`;
- `labels.csv` with the columns `file` (path below the root) and `label` (several separated by
  `;`), and optionally `split` and `group` (images of one group stay on one side).

A mask is a PNG of the same name: beside a photograph that is no PNG itself (`NAME.png` or
`NAME_mask.png`), or at the same path below `masks/`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gain_tf.config import Data
from gain_tf.data.checks import checked_splits
from gain_tf.data.dataset import DataSet
from gain_tf.data.files import DataError, FileRecord
from gain_tf.data.listing import path_below, read_listing, root_of

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
SPLITS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}


def load_folder(data: Data) -> DataSet:
    """Read a folder of images.

    Args:
        data: `root` names the folder, `folder` how it is read.

    Returns:
        The data set.

    Raises:
        DataError: lists every problem of the data set.
    """
    root = root_of(data.root)
    settings = data.folder
    records, problems = _listed(root) if (root / "labels.csv").is_file() else _found(root)
    names = settings.classes or sorted({label for record in records for label in record.labels})
    single_label = all(len(record.labels) == 1 for record in records)
    problems += [
        f"data.folder.unguided_classes: {name!r} is no class; known are {', '.join(names)}"
        for name in settings.unguided_classes
        if name not in names
    ]
    problems += [f"class {name!r}: a name cannot hold a semicolon" for name in names if ";" in name]
    if records and single_label and len(names) < 2:
        problems.append(f"{root}: there must be at least two classes, not only {', '.join(names)}")
    records = _divided(records, settings.validation, settings.test, settings.seed)
    splits = checked_splits(
        records,
        names,
        mask_values=settings.mask_values,
        cache=data.cache,
        problems=problems,
    )
    return DataSet(
        name=root.name,
        class_names=names,
        splits=splits,
        single_label=single_label,
        unguided_classes=[names.index(name) for name in settings.unguided_classes],
        about={"source": f"images below {root}"},
    )


def _found(root: Path) -> tuple[list[FileRecord], list[str]]:
    """List the images in class folders, and the problems met."""
    named = [name for name in SPLITS if (root / name).is_dir()]
    places = [(root / name, SPLITS[name]) for name in named] or [(root, "")]
    records, problems = [], []
    for place, split in places:
        entries = [entry for entry in sorted(place.iterdir()) if not entry.name.startswith(".")]
        problems += [
            f"{entry}: lies in no class folder"
            for entry in entries
            if entry.suffix.lower() in SUFFIXES and not entry.is_dir()
        ]
        for folder in entries:
            if not folder.is_dir() or folder.name == "masks":
                continue
            files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
            photographs = _photographs(files)
            if not photographs:
                problems.append(f"{folder}: has no image")
            records += [_record(root, path, (folder.name,), split) for path in photographs]
    if not records:
        nothing = f"{root}: has neither labels.csv nor folders of images, one a class"
        raise DataError([nothing, *problems])
    return records, problems


def _listed(root: Path) -> tuple[list[FileRecord], list[str]]:
    """List the images of `labels.csv`, and the problems met."""
    problems, records = [], []
    for place, row in read_listing(root / "labels.csv", ("file", "label")):
        path = path_below(root, row["file"])
        split = row.get("split", "")
        if path is None:
            problems.append(f"{place}: file {row['file']!r} is not below {root}")
        elif split and split not in SPLITS:
            problems.append(f"{place}: unknown split {split!r}; known are train, validation, test")
        else:
            labels = dict.fromkeys(label.strip() for label in row["label"].split(";"))
            kept = tuple(label for label in labels if label)
            records.append(_record(root, path, kept, SPLITS.get(split, ""), row.get("group")))
    if problems and not records:
        raise DataError(problems)
    return records, problems


def _photographs(files: Sequence[Path]) -> list[Path]:
    """Leave out the masks that lie beside photographs."""
    stems = {path.with_suffix("") for path in files if path.suffix.lower() != ".png"}
    return [
        path
        for path in files
        if not (
            path.suffix.lower() == ".png"
            and (path.with_suffix("") in stems or path.stem.endswith("_mask"))
        )
    ]


def _record(
    root: Path, path: Path, labels: tuple[str, ...], split: str, group: str | None = None
) -> FileRecord:
    name = path.relative_to(root).with_suffix("")
    beside = [] if path.suffix.lower() == ".png" else [path.with_suffix(".png")]
    candidates = [
        *beside,
        path.with_name(f"{path.stem}_mask.png"),
        root / "masks" / path.relative_to(root).with_suffix(".png"),
        root / "masks" / f"{path.stem}.png",
    ]
    mask = next((candidate for candidate in candidates if candidate.is_file()), None)
    identifier = name.as_posix()
    return FileRecord(path, labels, split, mask, group or identifier, identifier)


def _divided(
    records: Sequence[FileRecord], validation: float, test: float, seed: int
) -> list[FileRecord]:
    """Split records that name no split: whole groups at a time, each class by the same shares."""
    undivided: dict[tuple[str, ...], list[str]] = {}
    seen: set[str] = set()
    for record in sorted(records, key=lambda each: each.id):
        if not record.split and record.group not in seen:
            seen.add(record.group)
            undivided.setdefault(record.labels, []).append(record.group)
    random = np.random.default_rng(seed)
    order = sorted(
        ((place + 0.5) / len(groups), place == len(groups) - 1, groups[index])
        for _, groups in sorted(undivided.items())
        for place, index in enumerate(random.permutation(len(groups)))
    )
    held = round(validation * len(order))
    tested = held + round(test * len(order))
    side = {}
    for place, (_, last, group) in enumerate(order):
        name = "validation" if place < held else "test" if place < tested else "train"
        # One of each class stays in training, however large the shares.
        side[group] = "train" if last else name
    return [
        record if record.split else replace(record, split=side[record.group]) for record in records
    ]
