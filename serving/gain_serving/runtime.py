"""One model file, loaded: images in, decisions out. No network in it."""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort

from gain_serving.decision import Decision, Timings, judge
from gain_serving.decode import checked_pixels, decode
from gain_serving.errors import BadModelError, BadRequestError, ModelUnavailableError
from gain_serving.limits import MAX_PIXELS
from gain_serving.metadata import read_metadata
from gain_serving.model_file import read_model
from gain_serving.overlay import overlay_png
from gain_serving.postprocess import DenseCrf
from gain_serving.signature import check_signature

_ERRORS_ONLY = 3
_ANY_SIZE = (224, 224)


class Runtime:
    """A model, ready to judge images; every method may be called from several threads.

    Args:
        path: of the ONNX file that `gain-tf export` wrote.
        name: the model is known by; what the file says if None.
        version: the model is known by.
        threads: of one call; None lets ONNX Runtime take every core.
        max_pixels: of an encoded image.
        crf: refines the class maps of the decisions; None leaves them as the network gives them.

    Attributes:
        description: what the file says of itself.
        sha256: of the file, hex.
        name: see above.
        version: see above.
        output_names: of the file, in its order.

    Raises:
        BadModelError: the file is broken, keeps data in other files, is no model of gain-tf, or has
            no class maps that `crf` could refine.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        version: str = "1",
        threads: int | None = None,
        max_pixels: int = MAX_PIXELS,
        crf: DenseCrf | None = None,
    ) -> None:
        path = Path(path)
        content, self.sha256 = read_model(path)
        try:
            self._session = ort.InferenceSession(
                content, _options(threads), providers=["CPUExecutionProvider"]
            )
            # The session keeps the file's bytes for providers that fail and are replaced; there is
            # none here, and the weights of a large network would be held twice.
            self._session.disable_fallback()
            vars(self._session).pop("_model_bytes", None)
            entries = self._session.get_modelmeta().custom_metadata_map
            self.description = read_metadata(entries)
            check_signature(self._session, self.description, crf=crf is not None)
        except BadModelError as error:
            raise BadModelError(f"{path}: {error}") from error
        except Exception as error:  # ONNX Runtime's own have no base but this
            raise BadModelError(f"{path}: ONNX Runtime cannot load it: {error}") from error
        self.name = name or self.description.name
        self.version = version
        self.output_names = [output.name for output in self._session.get_outputs()]
        self._max_pixels = max_pixels
        self._crf = crf

    def warm_up(self) -> None:
        """Judge an image, so that the first one need not wait for memory, threads and processes.

        Raises:
            BadModelError: it does not run.
        """
        height, width = self.description.input_size or _ANY_SIZE
        try:
            self.decide(np.zeros((1, height, width, 3), np.uint8))
        except ModelUnavailableError as error:
            raise BadModelError(f"model {self.name}: {error}") from error

    def infer(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Run the network.

        Args:
            images: uint8 RGB (N, H, W, 3), N, H, W >= 1.

        Returns:
            Output name -> array, as the file declares them: `scores` float32 (N, C), and where the
            file has them `attention` float32 (N, k, h, w), `attention_class` int64 (N, k),
            `class_map` uint8 (N, H, W), which no CRF has refined, and `probabilities` float32
            (N, h, w, C + 1) of its cells.

        Raises:
            BadRequestError: the array has another type or shape.
            ModelUnavailableError: the network failed, for lack of memory for example.
        """
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[3] != 3 or not images.size:
            raise BadRequestError(
                "images must be uint8 (N, H, W, 3) with at least one pixel, "
                f"not {images.dtype} {images.shape}"
            )
        try:
            outputs = self._session.run(self.output_names, {"image": images})
        except Exception as error:
            raise ModelUnavailableError(f"the network failed: {error}") from error
        return dict(zip(self.output_names, map(np.asarray, outputs), strict=True))

    def count_pixels(self, images: np.ndarray | Sequence[bytes]) -> int:
        """Count the pixels of images before any of them is decoded.

        Args:
            images: see `decide`.

        Returns:
            Of all of them together.

        Raises:
            BadImageError: the bytes do not begin as an image.
            TooLargeError: an encoded image of more pixels than allowed.
        """
        if isinstance(images, np.ndarray):
            return math.prod(images.shape[:3])
        return sum(checked_pixels(data, self._max_pixels) for data in images)

    def decide(
        self,
        images: np.ndarray | Sequence[bytes],
        *,
        overlay: bool = False,
        class_map: bool = True,
    ) -> list[Decision]:
        """Judge images.

        Args:
            images: uint8 RGB (N, H, W, 3), run as one batch; or encoded images, which may differ
                in size and are run one by one.
            overlay: also draw where the network looked.
            class_map: also name the class of every pixel, where the model is a segmenter.

        Returns:
            A decision for each image, in order.

        Raises:
            BadRequestError: see `infer`.
            BadImageError: bytes that are no image; nothing is judged then.
            TooLargeError: an image of more pixels than allowed.
            ModelUnavailableError: the network or the CRF failed.
        """
        if isinstance(images, np.ndarray):
            return self._decide(images, overlay, class_map, 0.0)
        decisions = []
        for data in images:
            start = time.perf_counter()
            image = decode(data, self._max_pixels)
            seconds = time.perf_counter() - start
            decisions += self._decide(image[None], overlay, class_map, seconds)
        return decisions

    def _decide(
        self, images: np.ndarray, overlay: bool, class_map: bool, decoding: float
    ) -> list[Decision]:
        start = time.perf_counter()
        outputs = self.infer(images)
        done = time.perf_counter()
        maps = self._class_maps(images, outputs) if class_map else [None] * len(images)
        spent = Timings(
            decoding, (done - start) / len(images), (time.perf_counter() - done) / len(images)
        )
        return [
            self._decision(image, index, outputs, maps[index], overlay, spent)
            for index, image in enumerate(images)
        ]

    def _class_maps(
        self, images: np.ndarray, outputs: dict[str, np.ndarray]
    ) -> Sequence[np.ndarray | None]:
        if self._crf is not None:
            return self._crf.class_maps(list(images), list(outputs["probabilities"]))
        found = outputs.get("class_map")
        return [None] * len(images) if found is None else list(found)

    def _decision(
        self,
        image: np.ndarray,
        index: int,
        outputs: dict[str, np.ndarray],
        class_map: np.ndarray | None,
        overlay: bool,
        spent: Timings,
    ) -> Decision:
        start = time.perf_counter()
        scores = outputs["scores"][index]
        attention = outputs["attention"][index] if "attention" in outputs else None
        classes = outputs["attention_class"][index] if "attention_class" in outputs else None
        verdict, accepted = judge(scores, self.description)
        drawn = overlay_png(image, attention[0]) if overlay and attention is not None else None
        return Decision(
            verdict=verdict,
            accepted=accepted,
            scores=dict(zip(self.description.class_names, scores.tolist(), strict=True)),
            threshold=self.description.thresholds.score,
            reject_band=self.description.thresholds.reject_band,
            attention=attention,
            attention_class=classes,
            overlay=drawn,
            model=self.name,
            version=self.version,
            sha256=self.sha256,
            timings=replace(spent, postprocess=spent.postprocess + time.perf_counter() - start),
            class_map=class_map,
        )


def _options(threads: int | None) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.inter_op_num_threads = 1
    # Plans of memory are kept for every size of image that ever came, and grow for years.
    options.enable_mem_pattern = False
    if threads is not None:
        options.intra_op_num_threads = threads
    return options
