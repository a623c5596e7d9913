"""Masks of the Semantic Boundaries Dataset, which come as MATLAB files."""

import io

import numpy as np
from scipy.io import loadmat

from gain_tf.data.dataset import UNKNOWN
from gain_tf.data.files import DataError
from gain_tf.data.voc_devkit import CLASS_NAMES


def read_sbd_mask(data: bytes, place: str) -> np.ndarray:
    """Read the mask of the classes, `GTcls.Segmentation`.

    Args:
        data: content of a file of `cls/`.
        place: where it was found, for errors.

    Returns:
        uint8 (H, W) with the values of VOC's masks: 0 background, class index + 1. SBD draws no
        border of 255 around objects.

    Raises:
        DataError: the file has no such mask.
    """
    try:
        mask = loadmat(io.BytesIO(data), variable_names=["GTcls"])["GTcls"]["Segmentation"][0, 0]
    # scipy gives no list of what a broken file raises.
    except Exception as error:
        raise DataError([f"{place}: has no GTcls.Segmentation that can be read"]) from error
    if not isinstance(mask, np.ndarray) or mask.ndim != 2 or mask.dtype.kind not in "uif":
        raise DataError([f"{place}: GTcls.Segmentation is no mask of two dimensions"])
    strange = np.setdiff1d(mask, [*range(len(CLASS_NAMES) + 1), UNKNOWN])
    if strange.size:
        raise DataError(
            [f"{place}: GTcls.Segmentation has the value {strange[0]}, which is no class"]
        )
    return mask.astype(np.uint8)
