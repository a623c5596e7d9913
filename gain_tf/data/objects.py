"""What an annotation file says of an image: one record for every format."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Box = tuple[float, float, float, float]
"""y0 x0 y1 x1 in pixels; a pixel is 1 wide, so that a box around the first one is 0 0 1 1."""


@dataclass(frozen=True)
class Polygons:
    """An outline of one or several rings.

    Attributes:
        rings: x0 y0 x1 y1 ... in pixels, three points or more each.
    """

    rings: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Circle:
    """A round outline, which may reach beyond the image.

    Attributes:
        centre: x and y in pixels.
        radius: in pixels.
    """

    centre: tuple[float, float]
    radius: float


@dataclass(frozen=True)
class RunLengths:
    """A mask as COCO writes it: pixels column by column, background and object in turn.

    Attributes:
        size: (height, width) of the image.
        counts: length of each run, background first; they sum up to the pixels of the image.
    """

    size: tuple[int, int]
    counts: tuple[int, ...]


Outline = Polygons | Circle | RunLengths
"""Which pixels are the object's."""


@dataclass(frozen=True)
class AnnotatedObject:
    """One object in an image.

    Attributes:
        place: of the object in its file, for messages.
        category: name of its class.
        outline: None where the object has none.
        box: None where the object has none of its own.
        crowd: a region of many objects that are not told apart.
        difficult: hard to recognise.
        truncated: reaches beyond the image or is hidden in part.
    """

    place: str
    category: str
    outline: Outline | None = None
    box: Box | None = None
    crowd: bool = False
    difficult: bool = False
    truncated: bool = False

    @property
    def located(self) -> bool:
        """Whether the file says where the object is."""
        return self.outline is not None or self.box is not None


@dataclass(frozen=True)
class Annotation:
    """All that a file says of one image.

    Attributes:
        place: of the image in its file, for messages.
        file: the annotation file.
        name: of the image as the file writes it.
        objects: in the order of the file.
        size: (height, width) of the image as the file says; None where it does not.
        only: whether the file is about this image alone, and so may bear its name.
    """

    place: str
    file: Path
    name: str
    objects: tuple[AnnotatedObject, ...]
    size: tuple[int, int] | None = None
    only: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes of the objects, each once, sorted."""
        return tuple(sorted({each.category for each in self.objects}))


Reading = tuple[Sequence[Annotation], Sequence[str]]
"""What a reader returns: the images of a file, and a sentence for each problem met."""
