"""What a batch of `fit` brings besides labels, in the one form that the losses want."""

import difflib
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from gain_tf.models.classifier import Example

SHAPES = {
    "image": "(B, H, W, 3)",
    "mask": "(B, H, W)",
    "has_mask": "(B,)",
    "boxes": "(B, N, 4)",
    "box_labels": "(B, N)",
    "has_boxes": "(B,)",
    "saliency": "(B, H, W)",
}
"""What an example may hold."""

PADDING = {"box_labels": -1}
"""What fills up an annotation of which images have different numbers; elsewhere zero."""

MISTYPED = 0.85
"""How much a key must look like one of ours to be taken for it; others are the user's own."""


def as_example(inputs: Any) -> Example:
    """Bring images, or a dictionary, into the form of an example.

    Args:
        inputs: images (B, H, W, 3), or a dictionary of them and their annotation; boxes may be
            ragged.

    Returns:
        Dense tensors, by the keys of `SHAPES` and any others that were given.

    Raises:
        ValueError: a key is mistyped, an annotation has another shape, the images are missing, or
            boxes lack their labels; all that is wrong is named.
    """
    given = inputs if isinstance(inputs, Mapping) else {"image": inputs}
    example = {name: _dense(name, values) for name, values in given.items()}
    problems = [problem for name in example for problem in _problems_of_key(name)]
    problems += [
        f"{name} must be {SHAPES[name]}, not {example[name].shape}"
        for name in ("image", "mask", "boxes", "box_labels", "saliency")
        if name in example and example[name].shape.rank not in (None, SHAPES[name].count(",") + 1)
    ]
    if "image" not in example:
        problems.append("it needs the images, image (B, H, W, 3)")
    if "boxes" in example and "box_labels" not in example:
        problems.append("boxes need box_labels (B, N), the class of each, -1 for padding")
    if problems:
        raise ValueError(f"the example does not fit: {'; '.join(problems)}")
    return example


def _dense(name: str, values: Any) -> tf.Tensor:
    if isinstance(values, tf.RaggedTensor):
        return values.to_tensor(PADDING.get(name, 0))
    return tf.convert_to_tensor(values)


def _problems_of_key(name: str) -> list[str]:
    if name in SHAPES:
        return []
    close = difflib.get_close_matches(name, SHAPES, n=1, cutoff=MISTYPED)
    return [f"unknown key {name!r}; did you mean {close[0]!r}?"] if close else []
