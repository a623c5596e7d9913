"""Masks of SBD out of MATLAB files."""

import io

import numpy as np
import pytest
from scipy.io import savemat

from gain_tf.data.files import DataError
from gain_tf.data.sbd import read_sbd_mask

MASK = np.array([[0, 0, 15], [20, 1, 255]], np.uint8)


def written(**content):
    file = io.BytesIO()
    savemat(file, content, do_compression=True)
    return file.getvalue()


@pytest.mark.parametrize("kind", [np.uint8, np.float64])
def test_the_mask_is_read(kind):
    boundaries = np.empty((20, 1), object)
    boundaries[:] = [[np.zeros((2, 3), np.uint8)]] * 20
    present = np.array([[1], [15], [20]])
    truth = {
        "Boundaries": boundaries,
        "Segmentation": MASK.astype(kind),
        "CategoriesPresent": present,
    }
    mask = read_sbd_mask(written(GTcls=truth), "a.mat")
    assert mask.dtype == np.uint8
    np.testing.assert_array_equal(mask, MASK)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "has no GTcls.Segmentation that can be read"),
        (b"MATLAB 7.3 MAT-file" + bytes(600), "has no GTcls.Segmentation that can be read"),
        (written(GTinst={"Segmentation": MASK}), "has no GTcls.Segmentation that can be read"),
        (written(GTcls={"Boundaries": MASK}), "has no GTcls.Segmentation that can be read"),
        (written(GTcls=MASK), "has no GTcls.Segmentation that can be read"),
        (written(GTcls={"Segmentation": "dog"}), "is no mask of two dimensions"),
        (written(GTcls={"Segmentation": np.zeros((2, 3, 4))}), "is no mask of two dimensions"),
        (written(GTcls={"Segmentation": MASK + 21}), "has the value 21, which is no class"),
        (written(GTcls={"Segmentation": MASK / 2}), "has the value 0.5, which is no class"),
    ],
)
def test_what_is_no_mask(data, said):
    with pytest.raises(DataError) as caught:
        read_sbd_mask(data, "a.mat")
    (problem,) = caught.value.problems
    assert problem.startswith("a.mat: ")
    assert said in problem
