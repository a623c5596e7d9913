"""Annotated objects to masks and boxes.

A mask holds class index + 1, 0 where there is background and 255 where nobody knows. Where objects
overlap the smaller lies over the larger, as a thing in front of another mostly does.

Unknown are:

- crowds, and the inside of a box whose object has no outline;
- everything else, where the image has a class that its annotation does not locate: what looks like
  background may be that class.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from pycocotools import mask as coco_mask

from gain_tf.data.dataset import UNKNOWN
from gain_tf.data.objects import AnnotatedObject, Box, Circle, Outline, RunLengths

CORNERS = 64
"""Of the polygon drawn for a circle: off by 0.12 % of the radius."""


class Region(NamedTuple):
    """Pixels of one value, packed: a bit mask of each object would fill the memory."""

    value: int
    packed: Any

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int(coco_mask.area(self.packed))


def region_of(value: int, inside: np.ndarray) -> Region:
    """Pack the pixels that share a value; `inside` is boolean (H, W)."""
    return Region(value, coco_mask.encode(np.asfortranarray(inside, np.uint8)))


def regions_of(
    objects: Iterable[AnnotatedObject], size: tuple[int, int], class_names: Sequence[str]
) -> list[Region]:
    """Find the pixels of objects.

    Args:
        objects: of one image, checked.
        size: (height, width) of the image.
        class_names: of the data set.

    Returns:
        A region for each object that is located: of its class where it has an outline and is no
        crowd, else unknown.
    """
    return [
        Region(
            UNKNOWN if each.crowd or each.outline is None else class_names.index(each.category) + 1,
            _packed(each.outline, each.box, size),
        )
        for each in objects
        if each.located
    ]


def mask_of(regions: Iterable[Region], size: tuple[int, int]) -> np.ndarray:
    """Lay regions over each other, the smaller over the larger.

    Args:
        regions: of one image.
        size: (height, width) of the image.

    Returns:
        uint8 (H, W).
    """
    mask = np.zeros(size, np.uint8)
    for region in sorted(regions, key=lambda each: -each.area):
        mask[coco_mask.decode(region.packed).astype(bool)] = region.value
    return mask


def rest_unknown(mask: np.ndarray, labels: Iterable[str], located: Collection[str]) -> np.ndarray:
    """Turn background into unknown where a class of the image is not located.

    Args:
        mask: uint8 (H, W).
        labels: classes of the image.
        located: classes that the annotation shows, and those that nothing can show.

    Returns:
        The mask.
    """
    if all(label in located for label in labels):
        return mask
    return np.where(mask == 0, np.uint8(UNKNOWN), mask)


def boxed(objects: Iterable[AnnotatedObject]) -> list[AnnotatedObject]:
    """List the objects that have a box, their own or that of their outline."""
    return [each for each in objects if box_of(each) is not None]


def box_of(each: AnnotatedObject) -> Box | None:
    """Return the box of an object in pixels: its own, else that of its outline."""
    outline = each.outline
    if each.box is not None or outline is None:
        return each.box
    if isinstance(outline, RunLengths):
        if not sum(outline.counts[1::2]):
            return None
        x, y, width, height = coco_mask.toBbox(_packed(outline, None, outline.size)).tolist()
        return y, x, y + height, x + width
    rings = np.concatenate([np.reshape(ring, (-1, 2)) for ring in _rings(outline)])
    (x0, y0), (x1, y1) = rings.min(axis=0).tolist(), rings.max(axis=0).tolist()
    return y0, x0, y1, x1


def boxes_of(
    objects: Iterable[AnnotatedObject], size: tuple[int, int], class_names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Box objects; crowds have a box like every other.

    Args:
        objects: of one image, checked, see `boxed`.
        size: (height, width) of the image.
        class_names: of the data set.

    Returns:
        Boxes y0 x0 y1 x1 in [0, 1], float32 (n, 4), and their classes, int32 (n,).
    """
    objects = list(objects)
    boxes = np.array([box_of(each) for each in objects], np.float64).reshape(-1, 4)
    boxes /= [*size, *size]
    labels = np.array([class_names.index(each.category) for each in objects], np.int32)
    return np.clip(boxes, 0, 1).astype(np.float32), labels


def _packed(outline: Outline | None, box: Box | None, size: tuple[int, int]) -> Any:
    """Pack the inside of an outline, or of a box where there is none."""
    # Of the many shapes that pycocotools takes its type information names few.
    pack: Any = coco_mask.frPyObjects
    if isinstance(outline, RunLengths):
        return pack({"size": list(size), "counts": list(outline.counts)}, *size)
    if outline is not None:
        rings = _rings(outline)
    else:
        y0, x0, y1, x1 = box or (0, 0, 0, 0)
        rings = [[x0, y0, x1, y0, x1, y1, x0, y1]]
    return coco_mask.merge(pack(rings, *size))


def _rings(outline: Outline) -> list[list[float]]:
    if isinstance(outline, Circle):
        (x, y), radius = outline.centre, outline.radius
        angles = (2 * math.pi * corner / CORNERS for corner in range(CORNERS))
        points = ((x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles)
        return [[value for point in points for value in point]]
    return [] if isinstance(outline, RunLengths) else [list(ring) for ring in outline.rings]
