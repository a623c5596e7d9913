"""Pascal VOC XML: boxes with the flags difficult and truncated.

Boxes count pixels from 1 and include the last, as in the VOC devkit. Read with defusedxml, which
refuses document types and with them every entity.
"""

from pathlib import Path
from typing import Annotated
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from pydantic import Field, model_validator

from gain_tf.data.annotation_text import (
    Coordinate,
    Entry,
    Name,
    UnreadableAnnotationError,
    checked,
    read_bytes,
)
from gain_tf.data.objects import AnnotatedObject, Annotation, Box, Reading

Side = Annotated[int, Field(ge=0)]


class _BoundingBox(Entry):
    xmin: Coordinate
    ymin: Coordinate
    xmax: Coordinate
    ymax: Coordinate

    @model_validator(mode="after")
    def _has_a_size(self) -> "_BoundingBox":
        if self.xmax < self.xmin or self.ymax < self.ymin:
            raise ValueError("xmax and ymax must not be less than xmin and ymin")
        return self

    @property
    def box(self) -> Box:
        return self.ymin - 1, self.xmin - 1, self.ymax, self.xmax


class _Object(Entry):
    name: Name
    bndbox: _BoundingBox
    difficult: bool = False
    truncated: bool = False


class _Size(Entry):
    width: Side
    height: Side


def parse_xml(path: Path) -> Element:
    """Read an XML file in whatever encoding it declares.

    Args:
        path: of the file.

    Returns:
        Its root.

    Raises:
        UnreadableAnnotationError: it cannot be read, is not XML, or declares a document type.
    """
    return parse_xml_text(read_bytes(path), str(path))


def parse_xml_text(text: bytes, place: str) -> Element:
    """Read the content of an XML file; see `parse_xml`.

    Args:
        text: content of the file.
        place: where it was found, for errors.
    """
    try:
        return fromstring(text, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnreadableAnnotationError(
            f"{place}: declares a document type or entities, which an annotation does not need"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        # An encoding that Python does not know, or that has several bytes a letter.
        raise UnreadableAnnotationError(f"{place}: is not XML: {error}") from error


def is_voc(root: Element) -> bool:
    """Tell whether an XML file is an annotation in VOC's format."""
    return root.tag == "annotation"


def read_voc(path: Path, root: Element) -> Reading:
    """Read the objects of a VOC file.

    Args:
        path: of the file, named in the problems; its stem is the image's where `filename` is
            missing.
        root: of the file, see `is_voc`.

    Returns:
        The image, and a sentence for each object that is wrong: without a name or box, with a
        negative size, with numbers that are none.
    """
    problems: list[str] = []
    objects = []
    for number, element in enumerate(root.findall("object"), 1):
        place = f"{path}, object {number}"
        entry = checked(_Object, _values(element), place, problems)
        if entry is not None:
            objects.append(
                AnnotatedObject(
                    place,
                    entry.name,
                    box=entry.bndbox.box,
                    difficult=entry.difficult,
                    truncated=entry.truncated,
                )
            )
    name = (root.findtext("filename") or "").strip() or path.stem
    annotation = Annotation(
        str(path), path, name, tuple(objects), _size(path, root, problems), only=True
    )
    return [annotation], problems


def _size(path: Path, root: Element, problems: list[str]) -> tuple[int, int] | None:
    element = root.find("size")
    size = None
    if element is not None:
        size = checked(_Size, _values(element), f"{path}, size", problems)
    # Some tools write 0 where they do not know.
    return (size.height, size.width) if size and size.height and size.width else None


def _values(element: Element) -> dict:
    """Turn an element into keys and values; of children with one name the first counts."""
    values: dict = _texts(element)
    # A box within a box would be none.
    if (box := element.find("bndbox")) is not None and (sides := _texts(box)):
        values["bndbox"] = sides
    return values


def _texts(element: Element) -> dict[str, str]:
    values: dict[str, str] = {}
    for child in element:
        # An empty flag is as good as none.
        if text := (child.text or "").strip():
            values.setdefault(child.tag, text)
    return values
