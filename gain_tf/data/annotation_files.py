"""Annotation files of a folder: found, told apart by what is in them, read, given their images."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gain_tf.data.annotation_text import UnreadableAnnotationError, parse_json
from gain_tf.data.coco import is_coco, read_coco
from gain_tf.data.labelme import is_labelme, read_labelme
from gain_tf.data.locate import ImageFinder
from gain_tf.data.objects import Annotation, Reading
from gain_tf.data.voc_xml import is_voc, parse_xml, read_voc
from gain_tf.data.walk import named_below

Wanted = Literal["auto", "none"] | Path | tuple[Path, ...]

SUFFIXES = (".json", ".xml")


@dataclass(frozen=True)
class Annotations:
    """What the annotation files of a folder say.

    Attributes:
        of: the annotation of each image that has one, by the path of the image.
        problems: a sentence each.
        unread: JSON and XML files that are no annotation.
        images: every image that was looked at.
    """

    of: Mapping[Path, Annotation] = field(default_factory=dict)
    problems: Sequence[str] = ()
    unread: Sequence[Path] = ()
    images: Sequence[Path] = ()


def annotation_paths(root: Path, wanted: Wanted) -> list[Path]:
    """List the files to read.

    Args:
        root: of the data set.
        wanted: files or folders, from the root; "auto" searches the whole root.

    Returns:
        JSON and XML files, sorted; a file that is named and not there as well.

    Raises:
        DataError: a folder cannot be read.
    """
    if wanted == "none":
        return []
    places = wanted if isinstance(wanted, tuple) else (wanted,)
    starts = [root] if wanted == "auto" else [root / place for place in places]
    paths: list[Path] = []
    for start in starts:
        paths += _below(start) if start.is_dir() else [start]
    return list(dict.fromkeys(paths))


def read_annotations(
    root: Path, paths: Sequence[Path], images: Iterable[Path], *, named: bool
) -> Annotations:
    """Read annotation files.

    Args:
        root: of the data set.
        paths: of the files.
        images: paths of all images below the root.
        named: whether the user named the files; one that is no annotation is then a problem.

    Returns:
        The annotations and every problem: files that cannot be read, entries that are wrong,
        images that are not there or are annotated twice.
    """
    finder = ImageFinder(root, images)
    found: dict[Path, Annotation] = {}
    problems, unread = [], []
    for path in paths:
        try:
            reading = _read(path)
        except UnreadableAnnotationError as error:
            problems.append(str(error))
            continue
        if reading is None:
            unread.append(path)
            continue
        problems += reading[1]
        for annotation in reading[0]:
            try:
                image = finder.find(annotation)
            except ValueError as error:
                problems.append(str(error))
                continue
            if image in found:
                problems.append(
                    f"{annotation.place}: {image} is annotated by {found[image].place} already"
                )
            found.setdefault(image, annotation)
    if named:
        problems += [
            f"{path}: is no annotation file; COCO JSON, LabelMe JSON and Pascal VOC XML are read"
            for path in unread
        ]
    return Annotations(found, problems, [] if named else unread, finder.images)


def _below(folder: Path) -> list[Path]:
    return [
        path
        for path in named_below(folder, SUFFIXES)
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _read(path: Path) -> Reading | None:
    """Read a file by what is in it; None for what is no annotation."""
    if path.suffix.lower() == ".xml":
        root = parse_xml(path)
        return read_voc(path, root) if is_voc(root) else None
    content: Any = parse_json(path)
    if is_coco(content):
        return read_coco(path, content)
    return read_labelme(path, content) if is_labelme(content) else None
