"""COCO's run lengths: pycocotools as the reference, and what it lets pass."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from gain_tf.data.run_lengths import run_lengths


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_the_compressed_text_is_pycocotools_s(rng, share):
    inside = np.asfortranarray(rng.uniform(size=(40, 70)) < share, np.uint8)
    text = coco_mask.encode(inside)["counts"].decode()
    runs = run_lengths((40, 70), text).counts
    drawn = np.repeat(np.arange(len(runs)) % 2, runs).reshape((40, 70), order="F")
    np.testing.assert_array_equal(drawn, inside)


def test_runs_are_taken_as_they_are():
    assert run_lengths((2, 3), [1, 2, 3]).counts == (1, 2, 3)


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ([1, 2], "make up 3 pixels, not the 6"),
        ([], "make up 0 pixels"),
        ([7, -1], "a run is negative"),
        ("", "make up 0 pixels"),
        ("6P", "end within a number"),
        ("6é", "hold the letter 'é'"),
        ("6\x00", "hold the letter"),
        ("O", "a run is negative"),
    ],
)
def test_what_pycocotools_would_fill_with_memory(counts, said):
    with pytest.raises(ValueError, match=said):
        run_lengths((2, 3), counts)
