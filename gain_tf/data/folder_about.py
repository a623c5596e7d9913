"""What was read of a folder's annotation, and what was left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from gain_tf.data.annotation_files import Annotations
from gain_tf.data.decode import open_picture
from gain_tf.data.file_pictures import FileRecord

NAMED = 3
"""Files that are named where more are left out."""


def about_folder(
    root: Path, records: Sequence[FileRecord], annotations: Annotations, splits: str
) -> Mapping[str, str]:
    """Describe a folder of the user's own images.

    Args:
        root: of the data set.
        records: the images that are used.
        annotations: of the images below the root.
        splits: where they come from.

    Returns:
        A text by heading.
    """
    masks = sum(bool(record.masks) for record in records)
    said = [f"{masks} images with masks in files of their own"] if masks else []
    said += [_counts(root, records, annotations)] if annotations.of else []
    about = {
        "source": f"images below {root}",
        "licence": "that of the images, which only their owner knows",
        "sizes": said_sizes([record.path for record in records]),
        "splits": splits,
        "annotation": "; ".join(said) or "none but the labels",
        "known bias": "none is known here: look at the images (gain-tf data show), and name what "
        "belongs together in the group column of labels.csv",
    }
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


def said_sizes(paths: Sequence[Path]) -> str:
    """Say how large images are, from their headers."""
    sizes = []
    for path in paths:
        with open_picture(path) as picture:
            sizes.append(picture.size)
    several = sorted(set(sizes), key=lambda size: (size[0] * size[1], size))
    first, last = several[0], several[-1]
    if first == last:
        return f"{first[0]} x {first[1]} pixels"
    return f"{first[0]} x {first[1]} to {last[0]} x {last[1]} pixels ({len(several)} sizes)"


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
