"""What is wrong with the objects of an image, now that its size is known."""

from collections.abc import Sequence

from gain_tf.config.sentences import nearest
from gain_tf.data.objects import AnnotatedObject, Annotation, Box, Circle, RunLengths
from gain_tf.data.rasterise import box_of

OVERHANG = 1.0
"""Pixels that an object may reach beyond its image: tools round, and count from 0 or from 1."""


def annotation_problems(
    annotation: Annotation, size: tuple[int, int], class_names: Sequence[str]
) -> list[str]:
    """Check the annotation of an image.

    Args:
        annotation: of the image.
        size: (height, width) of the image.
        class_names: of the data set.

    Returns:
        A sentence for each problem: another size than the image's, objects outside of it, classes
        that are not known.
    """
    problems = []
    if annotation.size not in (None, size):
        problems.append(
            f"{annotation.place}: says that {annotation.name} is {_sides(annotation.size)}, but it "
            f"is {_sides(size)}"
        )
    for each in annotation.objects:
        if each.category not in class_names:
            problems.append(
                f"{each.place}: unknown category {each.category!r}"
                f"{nearest(each.category, class_names)}"
            )
        # One image of the wrong size is one mistake, not one an object.
        if annotation.size in (None, size) and (problem := _outside(each, size)):
            problems.append(f"{each.place}: {problem}")
    return problems


def _outside(each: AnnotatedObject, size: tuple[int, int]) -> str | None:
    if isinstance(each.outline, RunLengths) and each.outline.size != size:
        return f"the mask is {_sides(each.outline.size)}, its image {_sides(size)}"
    for box in (each.box, _extent(each)):
        if box is None:
            continue
        y0, x0, y1, x1 = box
        over = max(-y0, -x0, y1 - size[0], x1 - size[1])
        if over > OVERHANG or _beside(each, box, size):
            corners = ", ".join(f"{value:g}" for value in (x0, y0, x1, y1))
            return f"x0, y0, x1, y1 = {corners} lies outside of the image, {_sides(size)}"
    return None


def _beside(each: AnnotatedObject, box: Box, size: tuple[int, int]) -> bool:
    """Tell whether nothing is left of an object once it is clipped to its image."""
    whole = box_of(each) if isinstance(each.outline, Circle) else None
    y0, x0, y1, x1 = whole or box
    return min(y1, x1, size[0] - y0, size[1] - x0) <= 0


def _extent(each: AnnotatedObject) -> Box | None:
    if isinstance(each.outline, Circle):
        # A circle around something at the edge reaches beyond it.
        (x, y) = each.outline.centre
        return y, x, y, x
    return None if each.outline is None else box_of(AnnotatedObject("", "", each.outline))


def _sides(size: tuple[int, int] | None) -> str:
    return "unknown" if size is None else f"{size[1]} x {size[0]}"
