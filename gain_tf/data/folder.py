"""The user's own images.

Layout of the root, either of:

- class folders: `CLASS/NAME.jpg`, or with splits `train/CLASS/NAME.jpg`, `validation/...`,
  `test/...`;
- `labels.csv` with the columns `file` (path below the root) and `label` (several separated by
  `;`), and optionally `split` and `group` (images of one group stay on one side).

A mask is a PNG of the same name: beside a photograph that is no PNG itself (`NAME.png` or
`NAME_mask.png`), or at the same path below `masks/`.
"""

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gain_tf.config import Data
from gain_tf.data.dataset import DataSet
from gain_tf.data.files import DataError, FileRecord, file_problems, splits_of

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
    root = _root_of(data)
    settings = data.folder
    records = _listed(root) if (root / "labels.csv").is_file() else _found(root)
    names = settings.classes or sorted({label for record in records for label in record.labels})
    problems = file_problems(records, names, settings.mask_values)
    problems += [
        f"data.folder.unguided_classes: {name!r} is no class; known are {', '.join(names)}"
        for name in settings.unguided_classes
        if name not in names
    ]
    if problems:
        raise DataError(problems)
    records = _divided(records, settings.validation, settings.test, settings.seed)
    return DataSet(
        name=root.name,
        class_names=names,
        splits=splits_of(
            records, names, mask_values=settings.mask_values, cache=data.cache
        ),
        single_label=all(len(record.labels) == 1 for record in records),
        unguided_classes=[names.index(name) for name in settings.unguided_classes],
        about={"source": f"images below {root}"},
    )


def _root_of(data: Data) -> Path:
    if data.root is None:
        raise DataError(["data.root: must name the folder of the images"])
    if not data.root.is_dir():
        raise DataError([f"data.root: there is no folder {data.root}"])
    return data.root


def _found(root: Path) -> list[FileRecord]:
    """List the images in class folders."""
    named = [name for name in SPLITS if (root / name).is_dir()]
    places = [(root / name, SPLITS[name]) for name in named] or [(root, "")]
    records = []
    for place, split in places:
        folders = sorted(
            entry for entry in place.iterdir() if entry.is_dir() and entry.name != "masks"
        )
        for folder in folders:
            files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
            for path in _photographs(files):
                records.append(_record(root, path, (folder.name,), split))
    if not records:
        raise DataError([f"{root}: has neither labels.csv nor folders of images, one a class"])
    return records


def _listed(root: Path) -> list[FileRecord]:
    """List the images of `labels.csv`."""
    listing = root / "labels.csv"
    with listing.open(newline="", encoding="utf-8-sig") as lines:
        reader = csv.DictReader(lines)
        missing = {"file", "label"} - set(reader.fieldnames or ())
        if missing:
            raise DataError([f"{listing}: has no column {', '.join(sorted(missing))}"])
        rows = list(reader)
    problems, records = [], []
    for number, row in enumerate(rows, start=2):
        path = root / (row["file"] or "")
        split = SPLITS.get((row.get("split") or "").strip(), "")
        if not row["file"] or not path.resolve().is_relative_to(root.resolve()):
            problems.append(f"{listing}, line {number}: file {row['file']!r} is not below {root}")
        elif row.get("split") and not split:
            problems.append(
                f"{listing}, line {number}: unknown split {row['split']!r}; "
                "known are train, validation, test"
            )
        else:
            labels = tuple(label.strip() for label in (row["label"] or "").split(";"))
            kept = tuple(label for label in labels if label)
            records.append(_record(root, path, kept, split, row.get("group")))
    if not rows:
        problems.append(f"{listing}: lists no image")
    if problems:
        raise DataError(problems)
    return records


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
        root / "masks" / name.with_suffix(".png"),
        root / "masks" / f"{path.stem}.png",
    ]
    mask = next((candidate for candidate in candidates if candidate.is_file()), None)
    identifier = name.as_posix()
    return FileRecord(path, labels, split, mask, group or identifier, identifier)


def _divided(
    records: Sequence[FileRecord], validation: float, test: float, seed: int
) -> list[FileRecord]:
    """Split records that name no split, whole groups at a time."""
    undivided = sorted({record.group for record in records if not record.split})
    order = np.random.default_rng(seed).permutation(len(undivided))
    held, tested = round(validation * len(order)), round(test * len(order))
    side = {
        undivided[group]: "validation" if place < held else "test" if place < held + tested else "train"
        for place, group in enumerate(order)
    }
    return [record if record.split else replace(record, split=side[record.group]) for record in records]
