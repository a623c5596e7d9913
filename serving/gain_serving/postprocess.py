"""The dense CRF of Krähenbühl and Koltun, 2011: class maps follow the edges of their images.

In a pool of processes, because pydensecrf (extra `crf`) keeps Python's global lock. They load
neither the network nor the server.
"""

import importlib
import importlib.util
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import cv2
import numpy as np

from gain_serving.errors import ModelUnavailableError, UserError

# As SEC has them at the full size of an image, and the training machine with it.
ITERATIONS = 10
BILATERAL_WEIGHT, BILATERAL_XY, BILATERAL_RGB = 10.0, 80.0, 13.0
GAUSSIAN_WEIGHT, GAUSSIAN_XY = 3.0, 3.0
LEAST_PROBABILITY = 1e-5
"""Floor of probabilities before their logarithm."""


class DenseCrf:
    """Refines class maps, as many at a time as there are processes.

    May be used from several threads. A process that is killed, by the system for want of memory
    say, fails what was under way and nothing that comes later.

    Args:
        processes: how many; None for one a core. They are started when they are needed.

    Raises:
        UserError: pydensecrf is not installed.
    """

    def __init__(self, processes: int | None = None) -> None:
        if importlib.util.find_spec("pydensecrf") is None:
            raise UserError(
                "the dense CRF (setting crf) needs pydensecrf: pip install 'gain-serving[crf]' "
                "(it is compiled, which needs a C++ compiler)"
            )
        self._processes = processes or os.cpu_count() or 1
        self._changing = threading.Lock()
        self._pool = self._started()

    def class_maps(
        self, images: Sequence[np.ndarray], probabilities: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """Refine the class maps of images.

        Args:
            images: uint8 RGB (H, W, 3) each.
            probabilities: of each image, float32 (h, w, C + 1), background first.

        Returns:
            The likeliest class of every pixel, uint8 (H, W) each, counted from 1, 0 background.

        Raises:
            ModelUnavailableError: a process was killed.
        """
        maps = self._begun(images, probabilities)
        try:
            return list(maps)
        except BrokenProcessPool as error:
            raise ModelUnavailableError(
                "a process of the dense CRF was killed; the image may need more memory than "
                "there is"
            ) from error

    def close(self) -> None:
        """Refine nothing more that has not begun; the processes end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begun(
        self, images: Sequence[np.ndarray], probabilities: Sequence[np.ndarray]
    ) -> Iterator[np.ndarray]:
        with self._changing:
            try:
                return self._pool.map(refined_map, images, probabilities)
            except BrokenProcessPool:
                # A process was killed before; nothing of these images is lost with it.
                self._pool = self._started()
                return self._pool.map(refined_map, images, probabilities)

    def _started(self) -> ProcessPoolExecutor:
        # The server has threads, which a fork would not survive.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._processes, context, initializer=_follow_parent)


def refined_map(image: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Refine the class map of one image, in this process.

    Args:
        image: uint8 RGB (H, W, 3).
        probabilities: float32 (h, w, C + 1), background first; enlarged bilinearly and floored.

    Returns:
        The likeliest class of every pixel, uint8 (H, W), counted from 1, 0 background.
    """
    densecrf = importlib.import_module("pydensecrf.densecrf")
    height, width, classes = *image.shape[:2], probabilities.shape[-1]
    layers = [
        cv2.resize(layer, (width, height), interpolation=cv2.INTER_LINEAR).reshape(-1)
        for layer in np.moveaxis(probabilities, -1, 0)
    ]
    crf = densecrf.DenseCRF2D(width, height, classes)
    crf.setUnaryEnergy(-np.log(np.maximum(np.stack(layers), np.float32(LEAST_PROBABILITY))))
    crf.addPairwiseGaussian(sxy=GAUSSIAN_XY, compat=GAUSSIAN_WEIGHT)
    crf.addPairwiseBilateral(
        sxy=BILATERAL_XY,
        srgb=BILATERAL_RGB,
        # Pixels that came with a request may be read-only, which pydensecrf does not take.
        rgbim=np.require(image, np.uint8, ["C", "W"]),
        compat=BILATERAL_WEIGHT,
    )
    posterior = np.asarray(crf.inference(ITERATIONS))
    return posterior.argmax(axis=0).astype(np.uint8).reshape(height, width)


def _follow_parent() -> None:
    """Leave when to stop to the server, which finishes what is under way; end when it is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(0)
