"""PASCAL VOC as its development kit defines it: classes, colours, annotation files."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gain_tf.data.annotation_text import UnreadableAnnotationError
from gain_tf.data.files import DataError
from gain_tf.data.objects import AnnotatedObject
from gain_tf.data.voc_xml import parse_xml_text, read_voc

CLASS_NAMES = (
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
)
"""The objects. A mask has index + 1; 0 is background, 255 the border of an object or unclear."""

_ID = re.compile(r"\d{4}_\d{6}", re.ASCII)


@dataclass(frozen=True)
class VocObject:
    """One object of an annotation.

    Attributes:
        label: index in `CLASS_NAMES`.
        box: y0 x0 y1 x1 in [0, 1].
        difficult: not counted by the detection challenge.
        truncated: the box is not the whole extent of the object.
    """

    label: int
    box: tuple[float, float, float, float]
    difficult: bool
    truncated: bool


def read_ids(text: bytes, place: str) -> list[str]:
    """Read a list of images, one a line.

    Args:
        text: content of the file.
        place: where it was found, for errors.

    Returns:
        The ids, such as `2007_000032`, in the order of the file.

    Raises:
        DataError: a line is no id of VOC, or an id occurs twice; all are listed.
    """
    lines = text.decode("ascii", errors="replace").splitlines()
    ids = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]
    problems = [
        f"{place}, line {number}: {name!r} is no id of an image, such as 2007_000032"
        for number, name in ids
        if not _ID.fullmatch(name)
    ]
    counts = Counter(name for _, name in ids)
    if twice := [name for name, count in counts.items() if count > 1]:
        problems.append(f"{place}: names more than once: {', '.join(twice)}")
    if problems:
        raise DataError(problems)
    return list(counts)


def read_annotation(text: bytes, size: tuple[int, int], place: str) -> list[VocObject]:
    """Read the objects of an annotation file.

    VOC counts pixels from 1 and includes the last: the box of the whole image has xmin 1 and xmax
    its width.

    Args:
        text: XML; a document type, and with it every entity, is refused.
        size: (height, width) of the image.
        place: where the file was found, for errors.

    Returns:
        The objects in the order of the file, difficult ones included.

    Raises:
        DataError: the file is broken, or an object has no known name or no box; all are listed.
    """
    try:
        root = parse_xml_text(text, place)
    except UnreadableAnnotationError as error:
        raise DataError([str(error)]) from error
    (annotation,), problems = read_voc(Path(place), root)
    objects = []
    for found in annotation.objects:
        try:
            objects.append(_object(found, size))
        except ValueError as error:
            problems.append(f"{found.place}: {error}")
    if problems:
        raise DataError(problems)
    return objects


def image_labels(objects: Sequence[VocObject]) -> list[int]:
    """Return the classes of an image, sorted: those of all its objects, difficult ones too."""
    return sorted({each.label for each in objects})


def _object(found: AnnotatedObject, size: tuple[int, int]) -> VocObject:
    if found.category not in CLASS_NAMES:
        raise ValueError(f"unknown name {found.category!r}; known are {', '.join(CLASS_NAMES)}")
    height, width = size
    edges = np.divide(found.box or (0, 0, 0, 0), (height, width, height, width))
    top, left, bottom, right = np.clip(edges, 0, 1).tolist()
    if not (top < bottom and left < right):
        raise ValueError(f"{found.category} has an empty box within {width} x {height} pixels")
    return VocObject(
        label=CLASS_NAMES.index(found.category),
        box=(top, left, bottom, right),
        difficult=found.difficult,
        truncated=found.truncated,
    )
