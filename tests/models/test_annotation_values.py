"""Annotation in arrays that cannot be meant is refused before the first step."""

import numpy as np
import pytest
import tensorflow as tf


@pytest.fixture
def compiled(make_gain):
    model = make_gain()
    model.compile("sgd")
    return model


def changed(example, key, change):
    """An example in which `change` edits one array in place, as floats."""
    values = example[key].astype(np.float32)
    change(values)
    return {**example, key: values}


def multiplied(values):
    values *= 64


def swapped(values):
    values[:] = values[..., [2, 1, 0, 3]]


def put(index, value):
    def change(values):
        values[index] = value

    return change


MASK = r"and must be 0 for background, class index \+ 1 \(1 to 3\) or 255 for unknown"
BOX = r"and must be \(y0, x0, y1, x1\) in \[0, 1\]"
LABEL = "and must be class indices of 0 to 2, or -1 for padding"


@pytest.mark.parametrize(
    ("key", "change", "message"),
    [
        ("boxes", multiplied, rf"boxes of image 0 has \(6\.4, 12\.8, 35\.2, 57\.6\), {BOX}"),
        ("boxes", swapped, rf"boxes of image 0 has \(0\.55, 0\.2, 0\.1, 0\.9\), {BOX}"),
        (
            "boxes",
            put((2, 1, 3), np.nan),
            rf"boxes of image 2 has \(0\.2, 0\.1, 0\.7, nan\), {BOX}",
        ),
        ("box_labels", put((2, 1), 3), f"box_labels of image 2 has 3, {LABEL}"),
        ("box_labels", put((0, 2), -2), f"box_labels of image 0 has -2, {LABEL}"),
        ("box_labels", put((0, 2), 0.5), rf"box_labels of image 0 has 0\.5, {LABEL}"),
        ("mask", put((1, 3, 4), 4), f"mask of image 1 has the value 4, {MASK}"),
        ("mask", put((1, 3, 4), -1), f"mask of image 1 has the value -1, {MASK}"),
        ("mask", put((0, 0, 0), 2 / 255), rf"mask of image 0 has the value 0\.00784314, {MASK}"),
        ("mask", put((0, 0, 0), np.nan), f"mask of image 0 has the value nan, {MASK}"),
    ],
)
def test_what_cannot_be_meant_is_refused(compiled, batch, key, change, message):
    before = compiled.get_weights()
    with pytest.raises(ValueError, match=f"^the annotation does not fit: {message}"):
        compiled.fit(changed(batch[0], key, change), batch[1], verbose=0)
    for one, other in zip(before, compiled.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_all_that_is_wrong_is_told(compiled, batch):
    example = changed(batch[0], "boxes", multiplied)
    example = changed(example, "box_labels", put((2, 1), 3))
    example = changed(example, "mask", put((1, 3, 4), 4))
    with pytest.raises(ValueError, match=r"mask of .+; box_labels of .+; boxes of "):
        compiled.fit(example, batch[1], verbose=0)


def test_ragged_boxes_in_pixels_are_refused(compiled, batch):
    boxes, labels = batch[0]["boxes"], batch[0]["box_labels"]
    own = [np.flatnonzero(row >= 0) for row in labels]
    example = {
        "image": tf.constant(batch[0]["image"]),
        "boxes": tf.ragged.stack(
            [64 * image[rows] for image, rows in zip(boxes, own, strict=True)]
        ),
        "box_labels": tf.ragged.stack([row[rows] for row, rows in zip(labels, own, strict=True)]),
    }
    with pytest.raises(ValueError, match="boxes of image 0"):
        compiled.fit(example, batch[1], verbose=0)


@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("boxes", put((3, 0), [10, 20, 30, 40])),
        ("boxes", put((0, 2), [10, 20, 30, 40])),
        ("boxes", put((0, 1), [0.6, -0.1, 1.1, 0.4])),
        ("box_labels", put((3, 0), 7)),
        ("mask", put((3, 0, 0), 0.5)),
    ],
    ids=["not flagged", "padding", "over the edge", "a label not flagged", "a mask not flagged"],
)
def test_what_does_not_count_or_is_drawn_in_part_is_no_mistake(compiled, batch, key, change):
    history = compiled.fit(changed(batch[0], key, change), batch[1], verbose=0).history
    assert np.isfinite(history["loss"]).all()
