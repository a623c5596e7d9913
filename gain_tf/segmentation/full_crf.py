"""The dense CRF at the full size of an image: pydensecrf (extra `crf`), in a pool of processes.

Processes, because pydensecrf keeps Python's global lock; they load neither TensorFlow nor Keras.
"""

import importlib
import importlib.util
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future

import cv2
import numpy as np
from loky import ProcessPoolExecutor
from loky.process_executor import BrokenProcessPool
from rich.progress import track

from gain_tf.errors import FailedError, UserError
from gain_tf.models.crf_parameters import FULL_SIZE, LEAST_PROBABILITY, CrfParameters
from gain_tf.processes import end_with

WAITING = 2
"""Images a process in work or waiting: the memory of the pool does not grow with the images."""


def check_available() -> None:
    """Check that pydensecrf is installed.

    Raises:
        UserError: it is not; the message says what to install, and what goes without.
    """
    if importlib.util.find_spec("pydensecrf") is None:
        raise UserError(
            "the dense CRF at full size needs pydensecrf: pip install 'gain-tf[crf]' (it is "
            "compiled, which needs a C++ compiler); without it there is the CRF at reduced size"
        )


def refine(
    image: np.ndarray, probabilities: np.ndarray, parameters: CrfParameters = FULL_SIZE
) -> np.ndarray:
    """Let the classes of an image follow its edges.

    Args:
        image: uint8 RGB (H, W, 3).
        probabilities: of each class, (h, w, C), enlarged bilinearly and floored at 1e-5.
        parameters: in pixels of the image.

    Returns:
        Posterior, float32 (H, W, C), its sum over classes 1.

    Raises:
        UserError: pydensecrf is not installed.
    """
    check_available()
    densecrf = importlib.import_module("pydensecrf.densecrf")
    height, width = image.shape[:2]
    layers = [
        cv2.resize(layer, (width, height), interpolation=cv2.INTER_LINEAR).reshape(-1)
        for layer in np.moveaxis(probabilities.astype(np.float32), -1, 0)
    ]
    energies = -np.log(np.maximum(np.stack(layers), np.float32(LEAST_PROBABILITY)))
    crf = densecrf.DenseCRF2D(width, height, len(layers))
    crf.setUnaryEnergy(np.ascontiguousarray(energies))
    crf.addPairwiseGaussian(sxy=parameters.gaussian_xy, compat=parameters.gaussian_weight)
    crf.addPairwiseBilateral(
        sxy=parameters.bilateral_xy,
        srgb=parameters.bilateral_rgb,
        rgbim=np.ascontiguousarray(image),
        compat=parameters.bilateral_weight,
    )
    posterior = np.array(crf.inference(parameters.iterations), np.float32)
    return posterior.T.reshape(height, width, len(layers))


def refined_labels(
    items: Iterable[tuple[np.ndarray, np.ndarray]],
    parameters: CrfParameters = FULL_SIZE,
    *,
    processes: int | None = None,
    total: int | None = None,
) -> Iterator[np.ndarray]:
    """Refine many images at a time, with a progress bar where the output is a terminal.

    Args:
        items: image and probabilities of each, as `refine` takes them; read as they are needed.
        parameters: in pixels of the images.
        processes: how many; None for one a core.
        total: number of items, for the progress bar.

    Yields:
        The likeliest class of each pixel, uint8 (H, W), in the order of the items.

    Raises:
        UserError: pydensecrf is not installed.
        FailedError: a process was killed, by the system for want of memory, say.
    """
    check_available()
    results = _in_pool(items, parameters, processes or os.cpu_count() or 1)
    yield from track(results, "dense CRF", total, disable=not sys.stdout.isatty())


def _in_pool(
    items: Iterable[tuple[np.ndarray, np.ndarray]], parameters: CrfParameters, processes: int
) -> Iterator[np.ndarray]:
    waiting: deque[Future[np.ndarray]] = deque()
    pool = ProcessPoolExecutor(processes, initializer=end_with, initargs=(os.getpid(),))
    try:
        for image, probabilities in items:
            waiting.append(pool.submit(_labels, image, probabilities, parameters))
            if len(waiting) >= WAITING * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise FailedError(
            f"a process of the dense CRF was killed; {processes} at a time may need more memory "
            "than there is"
        ) from error
    finally:
        pool.shutdown(kill_workers=True)


def _labels(image: np.ndarray, probabilities: np.ndarray, parameters: CrfParameters) -> np.ndarray:
    return refine(image, probabilities, parameters).argmax(axis=-1).astype(np.uint8)
