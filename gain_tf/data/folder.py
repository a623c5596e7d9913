"""The user's own images, with whatever annotation there is.

Which classes an image has is said by one of:

- `labels.csv` with the columns `file` (path below the root) and `label` (several separated by
  `;`), and optionally `split` and `group` (images of one group stay on one side);
- class folders: `CLASS/NAME.jpg`, or with splits `train/CLASS/NAME.jpg`, `validation/...`,
  `test/...`;
- its annotation: an image has the classes of its objects, and the split of a folder `train`,
  `validation` or `test` on its path (`train2017` as well) where there are several of those.

An image without a label in `labels.csv` has the classes of its annotation. Annotation is read from
COCO JSON, LabelMe JSON and Pascal VOC XML files anywhere below the root, see `gain_tf.data.coco`,
`labelme` and `voc_xml`; masks are PNG files, see `gain_tf.data.photographs`.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gain_tf.config import Data, Folder
from gain_tf.data.annotation_files import Annotations, annotation_paths, read_annotations
from gain_tf.data.checks import checked_splits
from gain_tf.data.dataset import UNKNOWN, DataSet
from gain_tf.data.division import divided
from gain_tf.data.file_pictures import FileRecord
from gain_tf.data.files import DataError
from gain_tf.data.folder_about import about_folder
from gain_tf.data.folder_listing import list_images
from gain_tf.data.listing import root_of
from gain_tf.data.names import name_problem
from gain_tf.data.photographs import MaskFiles, photographs, pictures_below


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
    annotations = _annotations(root, settings)
    records, problems = list_images(root, settings, annotations)
    if not records:
        # Without the annotation that could not be read the layout of the folder means nothing.
        raise DataError(annotations.problems or problems or [f"{root}: has no image"])
    problems = [*annotations.problems, *problems]
    records = [_annotated(record, annotations, settings) for record in records]
    names = settings.classes or sorted({label for record in records for label in record.labels})
    masks = MaskFiles(root)
    records = [_masked(masks, record, names) for record in records]
    single_label = all(len(record.labels) == 1 for record in records)
    problems += _class_problems(root, settings, names, single_label)
    splits = checked_splits(
        divided(records, settings.validation, settings.test, settings.seed),
        names,
        mask_values=settings.mask_values,
        cache=data.cache == "memory",
        unguided_classes=settings.unguided_classes,
        problems=problems,
    )
    return DataSet(
        name=root.name,
        class_names=names,
        splits=splits,
        single_label=single_label,
        unguided_classes=[names.index(name) for name in settings.unguided_classes],
        about=about_folder(root, records, annotations, _about_splits(records, settings)),
    )


def _about_splits(records: Sequence[FileRecord], settings: Folder) -> str:
    """Say where the splits come from; `records` are those before the division."""
    named = sum(bool(record.split) for record in records)
    shares = f"validation {settings.validation:.0%}, test {settings.test:.0%}"
    drawn = f"whole groups drawn by data.folder.seed {settings.seed} ({shares})"
    if not named:
        return drawn
    return "as the folder says" if named == len(records) else f"as the folder says, else {drawn}"


def _annotations(root: Path, settings: Folder) -> Annotations:
    pictures = photographs(pictures_below(root), settings.classes or ())
    paths = annotation_paths(root, settings.annotations)
    if not paths:
        return Annotations(images=pictures)
    return read_annotations(root, paths, pictures, named=settings.annotations != "auto")


def _annotated(record: FileRecord, annotations: Annotations, settings: Folder) -> FileRecord:
    annotation = annotations.of.get(record.path)
    if annotation is None:
        return record
    if settings.crowd == "object":
        objects = tuple(replace(each, crowd=False) for each in annotation.objects)
        annotation = replace(annotation, objects=objects)
    return replace(record, labels=record.labels or annotation.labels, annotation=annotation)


def _masked(masks: MaskFiles, record: FileRecord, names: Sequence[str]) -> FileRecord:
    mask = masks.of_all(record.path)
    if mask is not None:
        return replace(record, mask=mask)
    return replace(record, class_masks=masks.by_class(record.path, names))


def _class_problems(
    root: Path, settings: Folder, names: Sequence[str], single_label: bool
) -> list[str]:
    problems = [
        f"data.folder.unguided_classes: {name!r} is no class; known are {', '.join(names)}"
        for name in settings.unguided_classes
        if name not in names
    ]
    problems += [f"class {name!r}: a name cannot hold a semicolon" for name in names if ";" in name]
    problems += [f"class {name!r}: {problem}" for name in names if (problem := name_problem(name))]
    if single_label and len(names) < 2:
        problems.append(f"{root}: there must be at least two classes, not only {', '.join(names)}")
    if len(names) >= UNKNOWN:
        problems.append(f"{root}: {len(names)} classes are more than a mask can hold, 254")
    return problems
