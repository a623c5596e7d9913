"""COCO JSON: boxes, polygons and run lengths, as COCO, CVAT and Label Studio write them.

Identifiers may be numbers or text and begin anywhere. `bbox` is x y width height in pixels.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, field_validator

from gain_tf.data.annotation_text import Coordinate, Entry, Name, checked, shortened
from gain_tf.data.objects import AnnotatedObject, Annotation, Box, Polygons, Reading
from gain_tf.data.run_lengths import run_lengths

Identifier = int | str
Side = Annotated[int, Field(ge=0)]


class _Image(Entry):
    id: Identifier
    file_name: Name
    width: Side | None = None
    height: Side | None = None

    @property
    def size(self) -> tuple[int, int] | None:
        # Label Studio leaves the size empty where it could not open the image, others write 0.
        return (self.height, self.width) if self.height and self.width else None


class _Category(Entry):
    id: Identifier
    name: Name


class _RunLengths(Entry):
    size: tuple[Side, Side]
    counts: str | list[int]


def _kind(segmentation: Any) -> str:
    return "mask" if isinstance(segmentation, dict) else "polygons"


class _Annotation(Entry):
    image_id: Identifier
    category_id: Identifier
    bbox: list[Coordinate] | None = None
    segmentation: (
        Annotated[
            Annotated[list[list[Coordinate]], Tag("polygons")]
            | Annotated[_RunLengths, Tag("mask")],
            Discriminator(_kind),
        ]
        | None
    ) = None
    iscrowd: bool = False

    @field_validator("bbox")
    @classmethod
    def _has_a_size(cls, bbox: list[float] | None) -> list[float] | None:
        if bbox and len(bbox) != 4:
            raise ValueError("must be x, y, width, height")
        if bbox and min(bbox[2:]) <= 0:
            raise ValueError("width and height must be greater than 0")
        return bbox

    @field_validator("segmentation", mode="before")
    @classmethod
    def _has_runs(cls, segmentation: Any) -> Any:
        if isinstance(segmentation, dict) and not {"size", "counts"} <= segmentation.keys():
            raise ValueError("a mask must have size and counts")
        return segmentation

    @field_validator("segmentation")
    @classmethod
    def _has_points(cls, segmentation: Any) -> Any:
        for ring in segmentation if isinstance(segmentation, list) else ():
            if len(ring) % 2 or len(ring) < 6:
                raise ValueError("each polygon must be x, y, x, y, ... of three points or more")
        return segmentation

    @property
    def box(self) -> Box | None:
        if not self.bbox:
            return None
        x, y, width, height = self.bbox
        return y, x, y + height, x + width


def is_coco(content: Any) -> bool:
    """Tell whether a JSON file holds COCO's lists."""
    return isinstance(content, dict) and "images" in content and "annotations" in content


def read_coco(path: Path, content: Mapping[str, Any]) -> Reading:
    """Read the images and objects of a COCO file.

    Args:
        path: of the file, named in the problems.
        content: of the file, see `is_coco`.

    Returns:
        Every image of the file, those without an object as well, and a sentence for each entry
        that is wrong: fields of other kinds, negative sizes, polygons of too few points, runs
        that do not make up the image, identifiers that occur twice or stand for nothing.
    """
    problems: list[str] = []
    rows = {
        key: _rows(path, content, key, problems) for key in ("images", "categories", "annotations")
    }
    images = {
        image.id: image
        for place, row in rows["images"]
        if (image := checked(_Image, row, place, problems))
    }
    names = {
        category.id: category.name
        for place, row in rows["categories"]
        if (category := checked(_Category, row, place, problems))
    }
    for key, found in rows.items():
        problems += [
            f"{path}: {count} {key} have the id {shortened(each)}"
            for each, count in _ids(row for _, row in found).items()
            if count > 1
        ]
    objects: dict[Identifier, list[AnnotatedObject]] = {key: [] for key in images}
    stated = _stated(rows["images"])
    for place, row in rows["annotations"]:
        entry = checked(_Annotation, row, place, problems)
        if entry is None:
            continue
        if entry.image_id not in images:
            # An image that is wrong itself is told of once.
            if entry.image_id not in stated:
                problems.append(f"{place}: there is no image with the id {entry.image_id!r}")
        elif entry.category_id not in names:
            problems.append(f"{place}: unknown category with the id {entry.category_id!r}")
        elif found := _object(place, entry, names[entry.category_id], problems):
            objects[entry.image_id].append(found)
    annotations = [
        Annotation(f"{path}, image {key}", path, image.file_name, tuple(objects[key]), image.size)
        for key, image in images.items()
    ]
    return annotations, problems


def _rows(
    path: Path, content: Mapping[str, Any], key: str, problems: list[str]
) -> Sequence[tuple[str, Any]]:
    """List the entries of a key, each with its place."""
    rows = content.get(key, [])
    if not isinstance(rows, list):
        problems.append(f"{path}: {key} must be a list, not {shortened(rows)}")
        return []
    one = {"images": "image", "categories": "category", "annotations": "annotation"}[key]
    return [(f"{path}, {one} {_name_of(row, number)}", row) for number, row in enumerate(rows)]


def _name_of(row: Any, number: int) -> str:
    identifier = row.get("id") if isinstance(row, dict) else None
    return f"number {number}" if identifier is None else shortened(identifier)


def _ids(rows: Iterable[Any]) -> Counter[Hashable]:
    found = (row.get("id") for row in rows if isinstance(row, dict))
    return Counter(each for each in found if isinstance(each, int | str))


def _stated(rows: Iterable[tuple[str, Any]]) -> set[Hashable]:
    return set(_ids(row for _, row in rows))


def _object(
    place: str, entry: _Annotation, category: str, problems: list[str]
) -> AnnotatedObject | None:
    outline = None
    if isinstance(entry.segmentation, _RunLengths):
        try:
            outline = run_lengths(entry.segmentation.size, entry.segmentation.counts)
        except ValueError as error:
            problems.append(f"{place}: segmentation: {error}")
            return None
    elif entry.segmentation:
        outline = Polygons(tuple(tuple(ring) for ring in entry.segmentation))
    return AnnotatedObject(place, category, outline, entry.box, crowd=entry.iscrowd)
