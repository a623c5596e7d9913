"""What the annotation of a batch asks of each pair's map: `H` of Eq. 7, `B` of Eq. 9.

An annotation that shows nothing of a pair's class (an empty mask, boxes of other classes) does
not say where the object is: the pair carries no target.
"""

from collections.abc import Mapping
from typing import NamedTuple

import tensorflow as tf

from gain_tf.attention import Pairs, area_average, box_coverage

UNKNOWN = 255
"""Mask value of a pixel whose class nobody annotated."""


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


def _flag(example: Mapping[str, tf.Tensor], key: str, pairs: Pairs) -> tf.Tensor:
    """Return the flag of each pair's image; an example without the flag has the annotation."""
    if key not in example:
        return tf.ones_like(pairs.valid)
    return tf.gather(tf.reshape(tf.cast(example[key], tf.float32), [-1]), pairs.image)


def mask_target(
    example: Mapping[str, tf.Tensor], pairs: Pairs, height: tf.Tensor, width: tf.Tensor
) -> Target:
    """Average the masks of the pairs' classes over the cells of the map.

    Args:
        example: `mask` (B, H, W), class index + 1, 0 background, 255 unknown; optionally
            `has_mask` (B,).
        pairs: of the batch.
        height: rows h of the map.
        width: columns w of the map.

    Returns:
        The target of each pair.
    """
    masks = tf.gather(tf.cast(example["mask"], tf.int32), pairs.image)
    inside = tf.cast(masks == pairs.category[:, tf.newaxis, tf.newaxis] + 1, tf.float32)
    known = area_average(tf.cast(masks != UNKNOWN, tf.float32), height, width)
    value = tf.math.divide_no_nan(area_average(inside, height, width), known)
    shown = tf.cast(tf.reduce_max(inside, axis=(1, 2)) > 0, tf.float32)
    return Target(value, known, shown * _flag(example, "has_mask", pairs))


def box_target(
    example: Mapping[str, tf.Tensor], pairs: Pairs, height: tf.Tensor, width: tf.Tensor
) -> Target:
    """Draw the boxes of the pairs' classes on the grid of the map.

    Args:
        example: `boxes` (B, N, 4), y0 x0 y1 x1 in [0, 1], and `box_labels` (B, N), -1 for
            padding; optionally `has_boxes` (B,).
        pairs: of the batch.
        height: rows h of the map.
        width: columns w of the map.

    Returns:
        The target of each pair.
    """
    labels = tf.gather(tf.cast(example["box_labels"], tf.int32), pairs.image)
    chosen = labels == pairs.category[:, tf.newaxis]
    boxes = tf.gather(tf.cast(example["boxes"], tf.float32), pairs.image)
    value = box_coverage(boxes, chosen, height, width)
    shown = tf.cast(tf.reduce_max(value, axis=(1, 2)) > 0, tf.float32)
    return Target(value, tf.ones_like(value), shown * _flag(example, "has_boxes", pairs))
