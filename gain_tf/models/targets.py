"""What the annotation of a batch asks of each pair's map: `H` of Eq. 7, `B` of Eq. 9.

An annotation that shows nothing of a pair's class (an empty mask, boxes of other classes) does
not say where the object is: the pair carries no target. For the same reason an annotation that
shows only some classes of an image does not say what is beside every object.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tensorflow as tf

from gain_tf.attention import Pairs, area_average, box_coverage
from gain_tf.models.settings import GuidanceSettings

Example = Mapping[str, tf.Tensor]
Grid = tuple[tf.Tensor | int, tf.Tensor | int]

UNKNOWN = 255
"""Mask value of a pixel whose class nobody annotated."""

VALUES = 256
"""How many values a pixel of a mask can have."""


class Target(NamedTuple):
    """The annotation of each pair at the resolution of its map.

    Attributes:
        value: share of each cell that is the object, (P, h, w), in [0, 1].
        known: share of each cell whose annotation is known, (P, h, w), in [0, 1].
        carried: 1.0 where the pair has a target at all, else 0.0, (P,).
    """

    value: tf.Tensor
    known: tf.Tensor
    carried: tf.Tensor


def mask_target(example: Example, pairs: Pairs, grid: Grid) -> Target:
    """Average the masks of the pairs' classes over the cells of the map.

    Args:
        example: `mask` (B, H, W), class index + 1, 0 background, 255 unknown; optionally
            `has_mask` (B,).
        pairs: of the batch.
        grid: rows h and columns w of the map.

    Returns:
        The target of each pair.
    """
    masks = tf.gather(tf.cast(example["mask"], tf.int32), pairs.image)
    inside = masks == pairs.category[:, tf.newaxis, tf.newaxis] + 1
    return _from_masks(masks, inside, _flag(example, "has_mask", pairs), grid)


def box_target(example: Example, pairs: Pairs, grid: Grid) -> Target:
    """Draw the boxes of the pairs' classes on the grid of the map.

    Args:
        example: `boxes` (B, N, 4), y0 x0 y1 x1 in [0, 1], and `box_labels` (B, N), -1 for
            padding; optionally `has_boxes` (B,).
        pairs: of the batch.
        grid: rows h and columns w of the map.

    Returns:
        The target of each pair.
    """
    labels = tf.gather(tf.cast(example["box_labels"], tf.int32), pairs.image)
    return _from_boxes(example, pairs, labels == pairs.category[:, tf.newaxis], grid)


def annotation_target(
    example: Example, pairs: Pairs, grid: Grid, guidance: GuidanceSettings
) -> Target:
    """Return what says more of the pair's class: its mask, else its boxes.

    Args:
        example: as in `mask_target`, `box_target` or both.
        pairs: of the batch.
        grid: rows h and columns w of the map.
        guidance: which of the two may guide.

    Returns:
        The target of each pair.
    """
    targets = []
    if guidance.uses_masks and "mask" in example:
        targets.append(mask_target(example, pairs, grid))
    if guidance.uses_boxes and "boxes" in example:
        targets.append(box_target(example, pairs, grid))
    return _first_of(targets)


def any_target(example: Example, images: tf.Tensor, classes: tf.Tensor, grid: Grid) -> Target:
    """Return what masks or boxes say of classes of images, whichever there are.

    Args:
        example: as in `annotation_target`.
        images: rows in the batch, (P,), integers.
        classes: asked about in each, (P,), integers.
        grid: rows h and columns w of the map.

    Returns:
        The target of each pair.
    """
    rows, category = tf.cast(images, tf.int32), tf.cast(classes, tf.int32)
    pairs = Pairs(rows, category, tf.ones_like(rows, tf.float32))
    return annotation_target(example, pairs, grid, GuidanceSettings(kind="both"))


def object_target(
    example: Example, labels: tf.Tensor, images: Pairs, grid: Grid, guidance: GuidanceSettings
) -> Target:
    """Return where an image has an object of whatever class: by its mask, else by its boxes.

    What shows only some of the image's classes counts as no annotation here: what looks like
    background may be the class that it leaves out.

    Args:
        example: as in `annotation_target`.
        labels: classes of each image that have an object, multi-hot (B, C).
        images: their rows in the batch; the category does not matter.
        grid: rows h and columns w of the target.
        guidance: which annotation may guide.

    Returns:
        The target of each image.
    """
    wanted = tf.gather(labels, images.image) > 0.5
    classes = tf.range(tf.shape(labels)[1])
    targets = []
    if guidance.uses_masks and "mask" in example:
        masks = tf.gather(tf.cast(example["mask"], tf.int32), images.image)
        inside = (masks > 0) & (masks != UNKNOWN)
        found = _from_masks(masks, inside, _flag(example, "has_mask", images), grid)
        shown = _classes_of(masks, tf.shape(labels)[1])
        targets.append(_if_complete(found, wanted, shown))
    if guidance.uses_boxes and "boxes" in example:
        boxed = tf.gather(tf.cast(example["box_labels"], tf.int32), images.image)
        found = _from_boxes(example, images, boxed >= 0, grid)
        shown = tf.reduce_any(boxed[..., tf.newaxis] == classes, axis=1)
        targets.append(_if_complete(found, wanted, shown))
    return _first_of(targets)


def annotated_images(example: Example, labels: tf.Tensor, guidance: GuidanceSettings) -> tf.Tensor:
    """Tell which images have an annotation that shows an object of each of their classes.

    Args:
        example: as in `annotation_target`.
        labels: classes of each image that have an object, multi-hot (B, C).
        guidance: which annotation may guide.

    Returns:
        (B,), 1.0 or 0.0.
    """
    rows = tf.range(tf.shape(labels)[0])
    every = Pairs(rows, tf.zeros_like(rows), tf.ones_like(rows, tf.float32))
    return object_target(example, labels, every, (1, 1), guidance).carried


def _flag(example: Example, key: str, pairs: Pairs) -> tf.Tensor:
    """Return the flag of each pair's image; an example without the flag has the annotation."""
    if key not in example:
        return tf.ones_like(pairs.valid)
    return tf.gather(tf.reshape(tf.cast(example[key], tf.float32), [-1]), pairs.image)


def _from_masks(masks: tf.Tensor, inside: tf.Tensor, flag: tf.Tensor, grid: Grid) -> Target:
    shares = tf.cast(inside, tf.float32)
    known = area_average(tf.cast(masks != UNKNOWN, tf.float32), *grid)
    value = tf.math.divide_no_nan(area_average(shares, *grid), known)
    shown = tf.cast(tf.reduce_max(shares, axis=(1, 2)) > 0, tf.float32)
    return Target(value, known, shown * flag)


def _from_boxes(example: Example, pairs: Pairs, chosen: tf.Tensor, grid: Grid) -> Target:
    boxes = tf.gather(tf.cast(example["boxes"], tf.float32), pairs.image)
    value = box_coverage(boxes, chosen, *grid)
    shown = tf.cast(tf.reduce_max(value, axis=(1, 2)) > 0, tf.float32)
    return Target(value, tf.ones_like(value), shown * _flag(example, "has_boxes", pairs))


def _classes_of(masks: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """Tell which classes occur in each mask (P, H, W), boolean (P, C)."""
    count, values = tf.shape(masks)[0], tf.maximum(VALUES, classes + 1)
    places = tf.range(count)[:, tf.newaxis, tf.newaxis] * values + masks
    # A value that does not occur gets the least number there is.
    seen = tf.ones_like(masks, tf.float32)
    found = tf.math.unsorted_segment_max(seen, places, count * values)
    return tf.reshape(found, [count, values])[:, 1 : classes + 1] > 0


def _if_complete(target: Target, wanted: tf.Tensor, shown: tf.Tensor) -> Target:
    """Let only those images carry a target of which all wanted classes (P, C) are shown."""
    complete = tf.reduce_all(shown | ~wanted, axis=1)
    return target._replace(carried=target.carried * tf.cast(complete, tf.float32))


def _first_of(targets: Sequence[Target]) -> Target:
    """Take each pair's target from the first of several that it carries."""
    first, *others = targets
    for other in others:
        has = first.carried[:, tf.newaxis, tf.newaxis] > 0
        first = Target(
            tf.where(has, first.value, other.value),
            tf.where(has, first.known, other.known),
            tf.maximum(first.carried, other.carried),
        )
    return first
