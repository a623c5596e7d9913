"""Which images a folder holds: those of `labels.csv`, of class folders, or of annotation files."""

import re
from collections.abc import Sequence
from pathlib import Path

from gain_tf.config import Folder
from gain_tf.data.annotation_files import Annotations
from gain_tf.data.file_pictures import FileRecord
from gain_tf.data.listing import path_below, read_listing
from gain_tf.data.names import without_ending
from gain_tf.data.photographs import MASKS, SUFFIXES, is_picture, photographs
from gain_tf.data.walk import named_below

SPLITS = {
    "train": "train",
    "validation": "validation",
    "val": "validation",
    "valid": "validation",
    "test": "test",
}

Found = tuple[list[FileRecord], list[str]]
"""The images, and the problems met."""


def list_images(root: Path, settings: Folder, annotations: Annotations) -> Found:
    """List the images of a folder with their labels, splits and groups.

    Args:
        root: of the data set.
        settings: how the folder is read.
        annotations: of the images below the root.

    Returns:
        The images, and a sentence for each problem; an image that only its annotation labels has
        no label yet.

    Raises:
        DataError: `labels.csv` is no table, or a folder cannot be read.
    """
    if (root / "labels.csv").is_file():
        return _listed(root, annotations)
    folders = _class_folders(root)
    wanted = settings.labels
    if wanted == "auto":
        known = {*(settings.classes or ()), *(n for a in annotations.of.values() for n in a.labels)}
        by_folder = not annotations.of or any(folder.name in known for folder, _ in folders)
        wanted = "folders" if by_folder else "annotations"
    if wanted == "folders":
        return _found(root, folders, annotations)
    if not annotations.of:
        return [], [f"data.folder.labels: no image below {root} has an annotation"]
    return _named(root, annotations), []


def _class_folders(root: Path) -> list[tuple[Path, str]]:
    """List the folders that may be classes, each with its split."""
    named = [name for name in SPLITS if (root / name).is_dir()]
    places = [(root / name, SPLITS[name]) for name in named] or [(root, "")]
    return [
        (folder, split)
        for place, split in places
        for folder in sorted(place.iterdir())
        if folder.is_dir() and folder.name != MASKS and not folder.name.startswith(".")
    ]


def _found(root: Path, folders: Sequence[tuple[Path, str]], annotations: Annotations) -> Found:
    """List the images in class folders."""
    read = {annotation.file for annotation in annotations.of.values()} | {*annotations.unread}
    classes = {folder.name for folder, _ in folders}
    records, problems = [], []
    for place in dict.fromkeys([folder.parent for folder, _ in folders] or [root]):
        problems += [
            f"{entry}: lies in no class folder"
            for entry in sorted(place.iterdir())
            if is_picture(entry) and not entry.is_dir() and not entry.name.startswith(".")
        ]
    for folder, split in folders:
        found = photographs(named_below(folder, SUFFIXES), classes)
        # A folder of annotation files is no class.
        if not found and not any(folder in path.parents for path in read):
            problems.append(f"{folder}: has no image")
        records += [_record(root, path, (folder.name,), split) for path in found]
    if not records:
        nothing = f"{root}: has neither labels.csv nor folders of images, one a class"
        problems = [nothing, *problems]
    return records, problems


def _listed(root: Path, annotations: Annotations) -> Found:
    """List the images of `labels.csv`."""
    problems, records = [], []
    wanted = ("file",) if annotations.of else ("file", "label")
    for place, row in read_listing(root / "labels.csv", wanted):
        path = path_below(root, row["file"])
        split = row.get("split", "")
        if path is None:
            problems.append(f"{place}: file {row['file']!r} is not below {root}")
        elif split and split not in SPLITS:
            problems.append(f"{place}: unknown split {split!r}; known are train, validation, test")
        else:
            labels = dict.fromkeys(label.strip() for label in row.get("label", "").split(";"))
            kept = tuple(label for label in labels if label)
            records.append(_record(root, path, kept, SPLITS.get(split, ""), row.get("group")))
    return records, problems


def _named(root: Path, annotations: Annotations) -> list[FileRecord]:
    """List the images that annotation files name."""
    splits = {path: _split_on(path.relative_to(root)) for path in sorted(annotations.of)}
    # A single `train2017` is where the images lie, not how they are divided.
    several = len(set(splits.values()) - {""}) > 1
    return [_record(root, path, (), split if several else "") for path, split in splits.items()]


def _split_on(path: Path) -> str:
    names = (re.sub(r"\d+$", "", part).lower() for part in path.parent.parts)
    return next((SPLITS[name] for name in names if name in SPLITS), "")


def _record(
    root: Path, path: Path, labels: tuple[str, ...], split: str, group: str | None = None
) -> FileRecord:
    identifier = without_ending(path.relative_to(root))
    return FileRecord(path, labels, split, None, group or identifier, identifier)
