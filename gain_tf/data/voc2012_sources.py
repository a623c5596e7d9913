"""Where PASCAL VOC 2012 and SBD lie, and which images belong to which split.

The folder holds the official archives, or what they unpack to, or some of each:

- `VOCtrainval_11-May-2012.tar` or `VOCdevkit/VOC2012/`;
- `benchmark.tgz` or `benchmark_RELEASE/dataset/`;
- `VOC2012test.tar` or, in the same `VOCdevkit/VOC2012/`, the test images. Without them there is no
  split `test`; nothing else needs it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gain_tf.data.file_source import FileSource, FolderSource, open_archive
from gain_tf.data.files import DataError
from gain_tf.data.voc_devkit import read_ids

COUNTS = {"train": 1464, "trainaug": 10582, "val": 1449, "test": 1456}
"""How many images each split of VOC 2012 has."""

TRAINVAL = "VOCtrainval_11-May-2012.tar"
SBD = "benchmark.tgz"
TEST = "VOC2012test.tar"
ADDRESSES = {
    TRAINVAL: "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar",
    SBD: "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/"
    "semantic_contours/benchmark.tgz",
    TEST: "http://host.robots.ox.ac.uk:8080/eval/downloads/VOC2012test.tar",
}
"""Archives and where they are published; that of the test images asks for a free account."""

_DEVKIT = "VOCdevkit/VOC2012/"
_LISTS = f"{_DEVKIT}ImageSets/Segmentation/"
_SBD_LISTS = "benchmark_RELEASE/dataset/"
IMAGES = f"{_DEVKIT}JPEGImages/"
OBJECTS = f"{_DEVKIT}Annotations/"
MASKS = f"{_DEVKIT}SegmentationClass/"
SBD_MASKS = f"{_SBD_LISTS}cls/"
"""Folders with a file for each image: `.jpg`, `.xml`, `.png` and `.mat`."""


@dataclass(frozen=True)
class Sources:
    """What VOC 2012 is read from.

    Attributes:
        trainval: images, objects and masks of VOC.
        sbd: masks of SBD.
        test: images of the test split, if they are there.
    """

    trainval: FileSource
    sbd: FileSource
    test: FileSource | None


def missing_archives(folder: Path) -> list[str]:
    """Say what a folder lacks.

    Args:
        folder: that should hold the archives or what they unpack to.

    Returns:
        A sentence for each that is missing, with the address to get it from.
    """
    unpacked = FolderSource(folder)
    return [
        f"{folder}: holds neither {name} nor {below}; get the archive from {ADDRESSES[name]} and "
        "put it there as it is"
        for name, below, first in (
            (TRAINVAL, _DEVKIT, f"{_LISTS}train.txt"),
            (SBD, _SBD_LISTS, f"{_SBD_LISTS}train.txt"),
        )
        if first not in unpacked and not (folder / name).is_file()
    ]


def find_sources(folder: Path) -> Sources:
    """Find the archives or unpacked folders, and look through the archives.

    Args:
        folder: that should hold them.

    Returns:
        The sources; a folder is preferred to the archive it came from.

    Raises:
        DataError: something is missing, or an archive is broken.
    """
    if missing := missing_archives(folder):
        raise DataError(missing)
    unpacked = FolderSource(folder)
    sbd_lists = [f"{_SBD_LISTS}train.txt", f"{_SBD_LISTS}val.txt"]
    trainval = sbd = test = unpacked
    if f"{_LISTS}train.txt" not in unpacked:
        trainval = open_archive(folder / TRAINVAL, [_LISTS, IMAGES, OBJECTS, MASKS])
    if sbd_lists[0] not in unpacked:
        sbd = open_archive(folder / SBD, [*sbd_lists, SBD_MASKS])
    if f"{_LISTS}test.txt" not in unpacked:
        has_test = (folder / TEST).is_file()
        test = open_archive(folder / TEST, [f"{_LISTS}test.txt", IMAGES]) if has_test else None
    return Sources(trainval, sbd, test)


def read_splits(sources: Sources, expected: Mapping[str, int]) -> dict[str, list[str]]:
    """Tell which images belong to which split.

    `trainaug` is what VOC trains on and everything that SBD has a mask for, except what VOC
    validates on: SBD's own train and val have nothing to do with VOC's.

    Args:
        sources: of the lists.
        expected: how many images a split must have; a split that is not named may have any number.

    Returns:
        The sorted ids of `train`, `trainaug`, `val` and, where there is one, `test`.

    Raises:
        DataError: splits overlap, have another number of images, or lack files; all are listed.
    """
    train, val = (_ids(sources.trainval, f"{_LISTS}{name}.txt") for name in ("train", "val"))
    sbd = {*_ids(sources.sbd, f"{_SBD_LISTS}train.txt"), *_ids(sources.sbd, f"{_SBD_LISTS}val.txt")}
    splits = {"train": train, "trainaug": {*train, *sbd} - val, "val": val}
    if sources.test is not None:
        splits["test"] = _ids(sources.test, f"{_LISTS}test.txt")
    problems = [
        f"splits {first} and {second} share {', '.join(sorted(splits[first] & splits[second]))}"
        for first, second in (("train", "val"), ("trainaug", "test"), ("val", "test"))
        if splits[first] & splits.get(second, set())
    ]
    problems += [
        f"split {name}: {len(ids)} instead of {expected[name]} images"
        for name, ids in splits.items()
        if name in expected and len(ids) != expected[name]
    ]
    problems += [f"split {name}: has no image" for name, ids in splits.items() if not ids]
    problems += _missing_files(sources, splits)
    if problems:
        raise DataError(problems)
    return {name: sorted(ids) for name, ids in splits.items()}


def _ids(source: FileSource, name: str) -> set[str]:
    return set(read_ids(source.read(name), source.place(name)))


def _missing_files(sources: Sources, splits: Mapping[str, set[str]]) -> list[str]:
    wanted = [
        (sources.trainval, f"{folder}{name}.{suffix}")
        for name in sorted(splits["trainaug"] | splits["val"])
        for folder, suffix in ((IMAGES, "jpg"), (OBJECTS, "xml"))
    ]
    wanted += [
        (sources.trainval, f"{MASKS}{name}.png") for name in sorted(splits["train"] | splits["val"])
    ]
    wanted += [
        (sources.sbd, f"{SBD_MASKS}{name}.mat")
        for name in sorted(splits["trainaug"] - splits["train"])
        if f"{MASKS}{name}.png" not in sources.trainval
    ]
    if sources.test is not None:
        wanted += [(sources.test, f"{IMAGES}{name}.jpg") for name in sorted(splits["test"])]
    return [f"{source.place(name)}: is not there" for source, name in wanted if name not in source]
