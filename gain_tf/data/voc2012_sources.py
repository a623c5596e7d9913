"""Where PASCAL VOC 2012 and SBD lie, which images belong to which split, what is said of each.

The folder holds the official archives, or what they unpack to, or some of each:

- `VOCtrainval_11-May-2012.tar` or `VOCdevkit/VOC2012/`;
- `benchmark.tgz` or `benchmark_RELEASE/dataset/`;
- `VOC2012test.tar` or, in the same `VOCdevkit/VOC2012/`, the test images. Without them there is no
  split `test`; nothing else needs it.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from gain_tf.data.dataset import UNKNOWN
from gain_tf.data.decode import UnreadableImageError, decode_mask, picture_problem
from gain_tf.data.file_source import FileSource, FolderSource, open_archive
from gain_tf.data.files import DataError
from gain_tf.data.sbd import read_sbd_mask
from gain_tf.data.voc_devkit import CLASS_NAMES, VocObject, read_annotation, read_ids

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
_IMAGES = f"{_DEVKIT}JPEGImages/"
_OBJECTS = f"{_DEVKIT}Annotations/"
_MASKS = f"{_DEVKIT}SegmentationClass/"
_SBD_LISTS = "benchmark_RELEASE/dataset/"
_SBD_MASKS = f"{_SBD_LISTS}cls/"


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


@dataclass(frozen=True)
class VocImage:
    """One image and what is known of it.

    Attributes:
        jpeg: the image as published.
        mask: uint8 (H, W), class index + 1, 0 background, 255 unknown.
        objects: the boxes.
    """

    jpeg: bytes
    mask: np.ndarray
    objects: Sequence[VocObject]


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
        trainval = open_archive(folder / TRAINVAL, [_LISTS, _IMAGES, _OBJECTS, _MASKS])
    if sbd_lists[0] not in unpacked:
        sbd = open_archive(folder / SBD, [*sbd_lists, _SBD_MASKS])
    if f"{_LISTS}test.txt" not in unpacked:
        has_test = (folder / TEST).is_file()
        test = open_archive(folder / TEST, [f"{_LISTS}test.txt", _IMAGES]) if has_test else None
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


def read_voc_image(sources: Sources, name: str) -> VocImage:
    """Read an image of `train`, `trainaug` or `val`, and what is known of it.

    Where both VOC and SBD drew a mask, VOC's is taken.

    Args:
        sources: of the files.
        name: id of the image.

    Returns:
        The image, its mask and its objects.

    Raises:
        DataError: one of its files is broken, or mask and image differ in size; all are listed.
    """
    source, image = sources.trainval, f"{_IMAGES}{name}.jpg"
    jpeg, size = _jpeg(source, image)
    problems: list[str] = []
    mask, objects = np.zeros(size, np.uint8), []
    try:
        mask = _mask(sources, name)
        if mask.shape != size:
            problems.append(
                f"{source.place(image)}: is {size[1]} x {size[0]}, its mask is "
                f"{mask.shape[1]} x {mask.shape[0]}"
            )
    except DataError as error:
        problems += error.problems
    try:
        annotation = f"{_OBJECTS}{name}.xml"
        objects = read_annotation(source.read(annotation), size, source.place(annotation))
    except DataError as error:
        problems += error.problems
    if problems:
        raise DataError(problems)
    return VocImage(jpeg, mask, objects)


def read_test_image(source: FileSource, name: str) -> VocImage:
    """Read an image of `test`, of which nothing is known: its mask is 255 throughout.

    Args:
        source: of the test images.
        name: id of the image.

    Raises:
        DataError: the image is broken.
    """
    # The archive has annotations, but of the person layout challenge: a few people, nothing else.
    jpeg, size = _jpeg(source, f"{_IMAGES}{name}.jpg")
    return VocImage(jpeg, np.full(size, UNKNOWN, np.uint8), [])


def _ids(source: FileSource, name: str) -> set[str]:
    return set(read_ids(source.read(name), source.place(name)))


def _missing_files(sources: Sources, splits: Mapping[str, set[str]]) -> list[str]:
    wanted = [
        (sources.trainval, f"{folder}{name}.{suffix}")
        for name in sorted(splits["trainaug"] | splits["val"])
        for folder, suffix in ((_IMAGES, "jpg"), (_OBJECTS, "xml"))
    ]
    wanted += [
        (sources.trainval, f"{_MASKS}{name}.png")
        for name in sorted(splits["train"] | splits["val"])
    ]
    wanted += [
        (sources.sbd, f"{_SBD_MASKS}{name}.mat")
        for name in sorted(splits["trainaug"] - splits["train"])
        if f"{_MASKS}{name}.png" not in sources.trainval
    ]
    if sources.test is not None:
        wanted += [(sources.test, f"{_IMAGES}{name}.jpg") for name in sorted(splits["test"])]
    return [f"{source.place(name)}: is not there" for source, name in wanted if name not in source]


def _jpeg(source: FileSource, name: str) -> tuple[bytes, tuple[int, int]]:
    data = source.read(name)
    if problem := picture_problem(io.BytesIO(data)):
        raise DataError([f"{source.place(name)}: {problem}"])
    with Image.open(io.BytesIO(data)) as picture:
        width, height = picture.size
    return data, (height, width)


def _mask(sources: Sources, name: str) -> np.ndarray:
    voc, sbd = f"{_MASKS}{name}.png", f"{_SBD_MASKS}{name}.mat"
    if voc not in sources.trainval:
        return read_sbd_mask(sources.sbd.read(sbd), sources.sbd.place(sbd))
    place = sources.trainval.place(voc)
    try:
        mask = decode_mask(io.BytesIO(sources.trainval.read(voc)), place)
    except UnreadableImageError as error:
        raise DataError([str(error)]) from error
    strange = np.setdiff1d(mask, [*range(len(CLASS_NAMES) + 1), UNKNOWN])
    if strange.size:
        raise DataError([f"{place}: has the value {strange[0]}, which is no class"])
    return mask
