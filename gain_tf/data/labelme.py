"""LabelMe JSON: polygons, rectangles and circles.

A rectangle is a box, not an outline, from any corner to the opposite one; of LabelMe's own masks
the box is read. Points and lines say that a class is there, but not which pixels it has.
"""

import math
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from gain_tf.data.annotation_text import Coordinate, Entry, Name, checked, shortened
from gain_tf.data.objects import (
    AnnotatedObject,
    Annotation,
    Box,
    Circle,
    Outline,
    Polygons,
    Reading,
)

Side = Annotated[int, Field(ge=0)]

OUTLINED = ("polygon", "oriented_rectangle")
BOXED = ("rectangle", "mask")
UNLOCATED = ("point", "points", "line", "linestrip")


class _Shape(Entry):
    label: Name
    points: list[tuple[Coordinate, Coordinate]]
    shape_type: str = "polygon"
    flags: dict[str, bool] | None = None

    @model_validator(mode="after")
    def _has_its_points(self) -> "_Shape":
        known = (*OUTLINED, "circle", *BOXED, *UNLOCATED)
        if self.shape_type not in known:
            raise ValueError(
                f"unknown shape_type {self.shape_type!r}; known are {', '.join(known)}"
            )
        if self.shape_type in OUTLINED and len(self.points) < 3:
            raise ValueError(f"a polygon has three points or more, not {len(self.points)}")
        if self.shape_type in ("circle", *BOXED) and len(self.points) != 2:
            raise ValueError(f"a {self.shape_type} has two points, not {len(self.points)}")
        if self.shape_type in ("circle", *BOXED) and not self._has_a_size():
            raise ValueError(f"a {self.shape_type} must have a size")
        return self

    def _has_a_size(self) -> bool:
        (x0, y0), (x1, y1) = self.points
        return (x0, y0) != (x1, y1) if self.shape_type == "circle" else x0 != x1 and y0 != y1


class _File(Entry):
    # Old files name no image; theirs bears the same name.
    image: str | None = Field(default=None, alias="imagePath")
    height: Side | None = Field(default=None, alias="imageHeight")
    width: Side | None = Field(default=None, alias="imageWidth")


def is_labelme(content: Any) -> bool:
    """Tell whether a JSON file is LabelMe's."""
    return isinstance(content, dict) and "shapes" in content and "images" not in content


def read_labelme(path: Path, content: dict[str, Any]) -> Reading:
    """Read the shapes of a LabelMe file.

    Args:
        path: of the file, named in the problems.
        content: of the file, see `is_labelme`.

    Returns:
        The image, and a sentence for each shape that is wrong: without a label, of an unknown
        type, of too few points, without a size, with numbers that are none.
    """
    problems: list[str] = []
    file = checked(_File, content, str(path), problems)
    shapes = content["shapes"]
    if not isinstance(shapes, list):
        problems.append(f"{path}: shapes must be a list, not {shortened(shapes)}")
        shapes = []
    objects = []
    for number, value in enumerate(shapes, 1):
        place = f"{path}, shape {number}"
        shape = checked(_Shape, value, place, problems)
        if shape is not None:
            objects.append(_object(place, shape))
    if file is None:
        return [], problems
    size = (file.height, file.width) if file.height and file.width else None
    name = (file.image or "").strip() or path.stem
    return [Annotation(str(path), path, name, tuple(objects), size, only=True)], problems


def _object(place: str, shape: _Shape) -> AnnotatedObject:
    outline: Outline | None = None
    box: Box | None = None
    if shape.shape_type in OUTLINED:
        outline = Polygons((tuple(value for point in shape.points for value in point),))
    elif shape.shape_type == "circle":
        outline = Circle(shape.points[0], math.dist(*shape.points))
    elif shape.shape_type in BOXED:
        (x0, y0), (x1, y1) = shape.points
        box = min(y0, y1), min(x0, x1), max(y0, y1), max(x0, x1)
    flags = shape.flags or {}
    return AnnotatedObject(
        place,
        shape.label,
        outline,
        box,
        difficult=flags.get("difficult", False),
        truncated=flags.get("truncated", False),
    )
