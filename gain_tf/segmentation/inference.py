"""Images of any size to class maps of the same size: several scales, mirrored, with or without CRF.

Source: Kolesnikov and Lampert, "Seed, Expand and Constrain", 2016, Section 4.1: the image goes
through the network at the size of training, its probabilities are enlarged, then follows the CRF.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
import tensorflow as tf

from gain_tf.config.section import LARGEST_SCALE
from gain_tf.data.pipeline import resize_image
from gain_tf.segmentation.labelling import Crf, labelled

Predict = Callable[[tf.Tensor], Any]
"""Images (N, H, W, 3) in [0, 255] to probabilities (N, h, w, C + 1)."""


@dataclass(frozen=True)
class InferenceSettings:
    """How an image becomes a class map.

    Attributes:
        image_size: (height, width) that the network was trained at; images are resized to it, at
            each scale, whatever their proportions.
        scales: factors of `image_size`, at most 4; the probabilities of all are averaged.
        flip: whether the mirrored image counts as well.
        crf: "none"; "full", the dense CRF at the image's own size (extra `crf`, in a pool of
            processes); "reduced", exact mean field on a reduced image.

    Raises:
        ValueError: a setting is out of range.
    """

    image_size: tuple[int, int]
    scales: tuple[float, ...] = (1.0,)
    flip: bool = False
    crf: Crf = "none"

    def __post_init__(self) -> None:
        # Asked so that what is no number is none of them.
        if not (self.scales and all(0 < scale <= LARGEST_SCALE for scale in self.scales)):
            raise ValueError(
                f"scales must be one or more numbers above 0, at most {LARGEST_SCALE}, "
                f"not {self.scales}"
            )
        if self.crf not in get_args(Crf):
            raise ValueError(f"crf must be one of {', '.join(get_args(Crf))}, not {self.crf!r}")


def class_maps(
    predict: Predict,
    images: Iterable[np.ndarray],
    settings: InferenceSettings,
    *,
    total: int | None = None,
) -> Iterator[np.ndarray]:
    """Name the class of every pixel, image by image; images are read as they are needed.

    Args:
        predict: the segmenter.
        images: uint8 RGB, (H, W, 3) each.
        settings: how.
        total: number of images, for the progress bar of the full CRF.

    Yields:
        uint8 (H, W), class index + 1, 0 background, in the order of the images.

    Raises:
        UserError: `crf` is "full", and the extra is not installed.
        FailedError: see `gain_tf.segmentation.labelling.labelled`.
    """
    pairs = ((image, probability_map(predict, image, settings)) for image in images)
    yield from labelled(pairs, settings.crf, total=total)


def probability_map(predict: Predict, image: np.ndarray, settings: InferenceSettings) -> np.ndarray:
    """Average the probabilities of every scale, mirrored or not.

    Args:
        predict: the segmenter.
        image: uint8 RGB (H, W, 3).
        settings: how; its CRF is not applied.

    Returns:
        float32 (h, w, C + 1), its sum over classes 1, of the size of the map at the largest
        scale.
    """
    maps = []
    # The largest first: the others are enlarged to it.
    for scale in sorted(settings.scales, reverse=True):
        height, width = (max(1, round(side * scale)) for side in settings.image_size)
        resized = resize_image(tf.constant(image), (height, width))
        views = tf.stack([resized, resized[:, ::-1]] if settings.flip else [resized])
        seen = tf.cast(predict(views), tf.float32)
        if settings.flip:
            seen = tf.stack([seen[0], seen[1, :, ::-1]])
        mean = tf.reduce_mean(seen, axis=0)
        maps.append(tf.image.resize(mean, maps[0].shape[:2]) if maps else mean)
    return (tf.add_n(maps) / len(maps)).numpy()
