"""Annotation in arrays that cannot be meant: boxes in pixels, masks between two classes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from gain_tf.models.example import PADDING
from gain_tf.models.targets import UNKNOWN

REACH = 1.0
"""How far a box may hang over the edge, in images: what lies outside is not drawn."""


def check_annotation(inputs: Any, classes: int) -> None:
    """Refuse masks and boxes that would guide by nothing, or by something else.

    In the graph of a step this would be a wait for the host; arrays are looked at once, before.

    Args:
        inputs: as `fit` takes them; only a dictionary of arrays or tensors has values to look at.
        classes: C.

    Raises:
        ValueError: names what is wrong, each with the first image that has it.
    """
    if not isinstance(inputs, Mapping):
        return
    problems = [*_of_masks(inputs, classes), *_of_boxes(inputs, classes)]
    if problems:
        raise ValueError(f"the annotation does not fit: {'; '.join(problems)}")


def _of_masks(inputs: Mapping[str, Any], classes: int) -> list[str]:
    if "mask" not in inputs:
        return []
    masks = _array(inputs, "mask")
    # Image by image: of all masks at once the comparisons would take as much memory again.
    for image in _annotated(inputs, "has_mask", len(masks)):
        mask = masks[image]
        strange = mask[~(((mask >= 0) & (mask <= classes)) | (mask == UNKNOWN)) | _broken(mask)]
        if strange.size:
            return [
                f"mask of image {image} has the value {strange[0]:g}, and must be 0 for "
                f"background, class index + 1 (1 to {classes}) or {UNKNOWN} for unknown"
            ]
    return []


def _of_boxes(inputs: Mapping[str, Any], classes: int) -> list[str]:
    if "boxes" not in inputs or "box_labels" not in inputs:
        return []
    boxes, labels = _array(inputs, "boxes"), _array(inputs, "box_labels")
    if boxes.ndim != 3 or boxes.shape != (*labels.shape, 4):
        # What has another shape is refused by the step, which knows the shapes that it wants.
        return []
    shown = np.zeros(labels.shape, bool)
    shown[_annotated(inputs, "has_boxes", len(boxes))] = True
    problems = []
    strange = shown & (~((labels >= PADDING["box_labels"]) & (labels < classes)) | _broken(labels))
    for image, box in np.argwhere(strange)[:1]:
        problems.append(
            f"box_labels of image {image} has {labels[image, box]:g}, and must be class indices of "
            f"0 to {classes - 1}, or {PADDING['box_labels']} for padding"
        )
    within = ((boxes >= -REACH) & (boxes <= 1 + REACH)).all(axis=2)
    ordered = (boxes[..., :2] <= boxes[..., 2:]).all(axis=2)
    for image, box in np.argwhere(shown & (labels >= 0) & ~(within & ordered))[:1]:
        edges = ", ".join(f"{edge:g}" for edge in boxes[image, box])
        problems.append(
            f"boxes of image {image} has ({edges}), and must be (y0, x0, y1, x1) in [0, 1], shares "
            "of the image's height and width, y0 <= y1 and x0 <= x1"
        )
    return problems


def _array(inputs: Mapping[str, Any], name: str) -> np.ndarray:
    values = inputs[name]
    if isinstance(values, tf.RaggedTensor):
        values = values.to_tensor(PADDING.get(name, 0))
    return np.asarray(values)


def _annotated(inputs: Mapping[str, Any], flag: str, images: int) -> np.ndarray:
    """List the images whose annotation counts: all of an example without the flag."""
    if flag not in inputs:
        return np.arange(images)
    return np.flatnonzero(_array(inputs, flag).reshape(-1)[:images])


def _broken(values: np.ndarray) -> np.ndarray | bool:
    """Tell which values are no whole numbers."""
    return values != np.rint(values) if values.dtype.kind == "f" else False
