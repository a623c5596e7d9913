"""All problems of a data set at once, file by file, before anything is trained on it."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from gain_tf.config.sentences import nearest
from gain_tf.data.dataset import UNKNOWN, Split
from gain_tf.data.decode import UnreadableImageError, picture_problem, read_image, read_mask
from gain_tf.data.file_pictures import FileRecord, MaskValues, is_binary
from gain_tf.data.files import DataError, splits_of
from gain_tf.data.names import name_problem
from gain_tf.data.object_checks import annotation_problems
from gain_tf.data.progress import tracked

NAMED = 10
"""Images that are named where more share what they must not."""


def checked_splits(
    records: Sequence[FileRecord],
    class_names: Sequence[str],
    *,
    mask_values: MaskValues = "auto",
    cache: bool = True,
    unguided_classes: Collection[str] = (),
    problems: Sequence[str] = (),
) -> Mapping[str, Split]:
    """Build the splits of a data set that has no problems.

    Args:
        records: of all splits.
        class_names: of the data set.
        mask_values: see `FilePictures`.
        cache: keep decoded pictures in memory.
        unguided_classes: see `FilePictures`.
        problems: that were found before.

    Returns:
        See `splits_of`.

    Raises:
        DataError: lists the problems found before and every problem of the files.
    """
    problems = [*problems, *file_problems(records, class_names, mask_values)]
    if problems:
        raise DataError(problems)
    return splits_of(
        records,
        class_names,
        mask_values=mask_values,
        cache=cache,
        unguided_classes=unguided_classes,
    )


def file_problems(
    records: Sequence[FileRecord], class_names: Sequence[str], mask_values: MaskValues
) -> list[str]:
    """Check every file of a data set.

    Args:
        records: of all splits.
        class_names: of the data set.
        mask_values: see `FilePictures`.

    Returns:
        A sentence for each problem, in the order of the records: images and masks that cannot be
        decoded, masks of another size or with values that mean nothing, objects outside of their
        image, labels that are no class; then identifiers and masks that occur twice, groups on
        several sides, classes without an image in training, and nothing to judge a model on.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        checked = pool.map(lambda r: _record_problems(r, class_names, mask_values), records)
        watched = tracked(checked, "checking files", len(records))
        problems = [problem for found in watched for problem in found]
    return [*problems, *_shared(records), *_sides(records, class_names)]


def _shared(records: Sequence[FileRecord]) -> list[str]:
    """Find what belongs to several images and must not."""
    problems = []
    for name, own in _by(records, lambda record: record.id).items():
        if len(own) > 1:
            paths = _some([str(record.path) for record in own])
            problems.append(f"{name}: {len(own)} images have this name: {paths}")
    images_of: dict[Path, set[str]] = defaultdict(set)
    for record in records:
        for mask in record.masks:
            images_of[mask].add(str(record.path))
    for mask, own in images_of.items():
        images = sorted(own)
        if len(images) > 1:
            problems.append(f"{mask}: is the mask of {len(images)} images: {_some(images)}")
    return problems


def _some(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _sides(records: Sequence[FileRecord], class_names: Sequence[str]) -> list[str]:
    """Find what is wrong with how the images are divided."""
    problems = []
    for group, own in _by(records, lambda record: record.group).items():
        splits = sorted({record.split for record in own})
        if len(splits) > 1:
            problems.append(f"group {group!r} lies on several sides: {', '.join(splits)}")
    trained = Counter(
        label for record in records if record.split == "train" for label in record.labels
    )
    problems += [
        f"class {name!r} has no image in the train split"
        for name in class_names
        if not trained[name]
    ]
    if not any(record.split in ("validation", "test") for record in records):
        problems.append("no image lies in a validation or test split to judge a model on")
    return problems


def _by(
    records: Sequence[FileRecord], key: Callable[[FileRecord], Hashable]
) -> Mapping[Hashable, list[FileRecord]]:
    groups: dict[Hashable, list[FileRecord]] = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return groups


def _record_problems(
    record: FileRecord, class_names: Sequence[str], mask_values: MaskValues
) -> list[str]:
    problems = [
        f"{record.path}: unknown label {label!r}{nearest(label, class_names)}"
        for label in record.labels
        if label not in class_names and label not in {each.category for each in record.objects}
    ]
    if problem := name_problem(record.id):
        problems.append(f"{record.path}: {problem}")
    size = _size(record.path, problems)
    if record.annotation is not None:
        if size is not None:
            problems += annotation_problems(record.annotation, size, class_names)
        if problem := _disjoint(record.annotation.place, record.annotation.labels, record):
            problems.append(problem)
    for path in record.masks:
        try:
            mask = read_mask(path, levels=mask_values == "binary")
        except UnreadableImageError as error:
            problems.append(str(error))
            continue
        if size is not None and mask.shape != size:
            problems.append(
                f"{path}: is {mask.shape[1]} x {mask.shape[0]}, its image {record.path.name} "
                f"is {size[1]} x {size[0]}"
            )
        elif path == record.mask:
            problems += _mask_problems(record, mask, class_names, mask_values)
    return problems


def _size(path: Path, problems: list[str]) -> tuple[int, int] | None:
    """Return height and width of an image; None, and a sentence more, where it cannot be read."""
    if problem := picture_problem(path):
        problems.append(f"{path}: {problem}")
        return None
    try:
        height, width = read_image(path).shape[:2]
    except UnreadableImageError as error:
        problems.append(str(error))
        return None
    return height, width


def _mask_problems(
    record: FileRecord, mask: np.ndarray, class_names: Sequence[str], mask_values: MaskValues
) -> list[str]:
    if is_binary(mask, mask_values):
        if mask.any() and len(record.labels) != 1:
            return [
                f"{record.mask}: a mask of 0 and 255 does not say which of the classes "
                f"{', '.join(record.labels) or '(none)'} it shows; use class index + 1, or a file "
                "a class"
            ]
        return []
    values: set[int] = {int(value) for value in np.unique(mask)} - {0, UNKNOWN}
    strange = values - {*range(1, len(class_names) + 1)}
    if strange:
        return [
            f"{record.mask}: values {', '.join(map(str, sorted(strange)))} are no class; "
            f"0 is background, 1 to {len(class_names)} the classes, {UNKNOWN} unknown"
        ]
    problem = _disjoint(str(record.mask), [class_names[value - 1] for value in values], record)
    return [f"{problem}; an object of the image's own class is 255"] if problem else []


def _disjoint(place: str, shown: Sequence[str], record: FileRecord) -> str | None:
    if not shown or not record.labels or set(shown) & set(record.labels):
        return None
    return (
        f"{place}: shows {', '.join(sorted(shown))} and its image is labelled "
        f"{', '.join(record.labels)}"
    )
