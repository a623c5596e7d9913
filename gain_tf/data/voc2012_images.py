"""What PASCAL VOC 2012 and SBD say of one image."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gain_tf.data.dataset import UNKNOWN
from gain_tf.data.decode import UnreadableImageError, decode_mask, open_picture, picture_problem
from gain_tf.data.file_source import FileSource
from gain_tf.data.files import DataError
from gain_tf.data.sbd import read_sbd_mask
from gain_tf.data.voc2012_sources import IMAGES, MASKS, OBJECTS, SBD_MASKS, Sources
from gain_tf.data.voc_devkit import CLASS_NAMES, VocObject, read_annotation


@dataclass(frozen=True)
class VocImage:
    """One image and what is known of it.

    Attributes:
        jpeg: the image as published.
        mask: uint8 (H, W), class index + 1, 0 background, 255 unknown.
        objects: the boxes.
    """

    jpeg: bytes
    mask: np.ndarray
    objects: Sequence[VocObject]


def read_voc_image(sources: Sources, name: str) -> VocImage:
    """Read an image of `train`, `trainaug` or `val`, and what is known of it.

    Where both VOC and SBD drew a mask, VOC's is taken.

    Args:
        sources: of the files.
        name: id of the image.

    Returns:
        The image, its mask and its objects.

    Raises:
        DataError: one of its files is broken, or mask and image differ in size; all are listed.
    """
    source, image = sources.trainval, f"{IMAGES}{name}.jpg"
    jpeg, size = _jpeg(source, image)
    problems: list[str] = []
    mask, objects = np.zeros(size, np.uint8), []
    try:
        mask = _mask(sources, name)
        if mask.shape != size:
            problems.append(
                f"{source.place(image)}: is {size[1]} x {size[0]}, its mask is "
                f"{mask.shape[1]} x {mask.shape[0]}"
            )
    except DataError as error:
        problems += error.problems
    try:
        annotation = f"{OBJECTS}{name}.xml"
        objects = read_annotation(source.read(annotation), size, source.place(annotation))
    except DataError as error:
        problems += error.problems
    if problems:
        raise DataError(problems)
    return VocImage(jpeg, mask, objects)


def read_test_image(source: FileSource, name: str) -> VocImage:
    """Read an image of `test`, of which nothing is known: its mask is 255 throughout.

    Args:
        source: of the test images.
        name: id of the image.

    Raises:
        DataError: the image is broken.
    """
    # The archive has annotations, but of the person layout challenge: a few people, nothing else.
    jpeg, size = _jpeg(source, f"{IMAGES}{name}.jpg")
    return VocImage(jpeg, np.full(size, UNKNOWN, np.uint8), [])


def _jpeg(source: FileSource, name: str) -> tuple[bytes, tuple[int, int]]:
    data = source.read(name)
    if problem := picture_problem(io.BytesIO(data)):
        raise DataError([f"{source.place(name)}: {problem}"])
    with open_picture(io.BytesIO(data)) as picture:
        width, height = picture.size
    return data, (height, width)


def _mask(sources: Sources, name: str) -> np.ndarray:
    voc, sbd = f"{MASKS}{name}.png", f"{SBD_MASKS}{name}.mat"
    if voc not in sources.trainval:
        return read_sbd_mask(sources.sbd.read(sbd), sources.sbd.place(sbd))
    place = sources.trainval.place(voc)
    try:
        mask = decode_mask(io.BytesIO(sources.trainval.read(voc)), place)
    except UnreadableImageError as error:
        raise DataError([str(error)]) from error
    strange = np.setdiff1d(mask, [*range(len(CLASS_NAMES) + 1), UNKNOWN])
    if strange.size:
        raise DataError([f"{place}: has the value {strange[0]}, which is no class"])
    return mask
