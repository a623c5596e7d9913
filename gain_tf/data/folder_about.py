"""What was read of a folder's annotation, and what was left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from gain_tf.data.annotation_files import Annotations
from gain_tf.data.files import FileRecord

NAMED = 3
"""Files that are named where more are left out."""


def about_annotation(
    root: Path, records: Sequence[FileRecord], annotations: Annotations
) -> Mapping[str, str]:
    """Describe the annotation of a folder.

    Args:
        root: of the data set.
        records: the images that are used.
        annotations: of the images below the root.

    Returns:
        A text by heading; nothing where no annotation file was read.
    """
    about = {}
    if annotations.of:
        about["annotation"] = _counts(root, records, annotations)
    if any(each.crowd for record in records for each in record.objects):
        about["crowds"] = (
            "unknown in masks; for files of CVAT, which writes every brush mask as a crowd, set "
            "data.folder.crowd: object"
        )
    used = {path for record in records for path in (record.path, *record.masks)}
    left_out = [path for path in annotations.images if path not in used]
    if left_out:
        about["images without a label, left out"] = _some(root, left_out)
    if annotations.unread:
        about["no annotation files, left out"] = _some(root, annotations.unread)
    return about


def _counts(root: Path, records: Sequence[FileRecord], annotations: Annotations) -> str:
    objects = [each for record in records for each in record.objects]
    files = sorted({annotation.file for annotation in annotations.of.values()})
    counts = {
        "outlined": sum(each.outline is not None for each in objects),
        "crowds": sum(each.crowd for each in objects),
        "difficult": sum(each.difficult for each in objects),
        "truncated": sum(each.truncated for each in objects),
        "without a place": sum(not each.located for each in objects),
    }
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return f"{len(objects)} objects{f' ({said})' if said else ''} in {_some(root, files)}"


def _some(root: Path, paths: Sequence[Path]) -> str:
    names = [str(path.relative_to(root) if path.is_relative_to(root) else path) for path in paths]
    more = ", ..." if len(names) > NAMED else ""
    kind = "file" if len(names) == 1 else "files"
    return f"{len(names)} {kind}: {', '.join(names[:NAMED])}{more}"
