"""One model file, loaded: images in, decisions out. No network in it."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort

from gain_serving.decision import Decision, Timings, judge
from gain_serving.decode import decode
from gain_serving.errors import BadModelError, BadRequestError, ModelUnavailableError
from gain_serving.limits import MAX_PIXELS
from gain_serving.metadata import read_metadata
from gain_serving.model_file import read_model
from gain_serving.overlay import overlay_png

_ERRORS_ONLY = 3
_TYPES = {
    "scores": "tensor(float)",
    "attention": "tensor(float)",
    "attention_class": "tensor(int64)",
    "class_map": "tensor(uint8)",
}
_ANY_SIZE = (224, 224)


class Runtime:
    """A model, ready to judge images; every method may be called from several threads.

    Args:
        path: of the ONNX file that `gain-tf export` wrote.
        name: the model is known by; what the file says if None.
        version: the model is known by.
        threads: of one call; None lets ONNX Runtime take every core.
        max_pixels: of an encoded image.

    Attributes:
        description: what the file says of itself.
        sha256: of the file, hex.
        name: see above.
        version: see above.
        output_names: of the file, in its order.

    Raises:
        BadModelError: the file is broken, keeps data in other files, or is no model of gain-tf.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        name: str | None = None,
        version: str = "1",
        threads: int | None = None,
        max_pixels: int = MAX_PIXELS,
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
            self._check_signature()
        except BadModelError as error:
            raise BadModelError(f"{path}: {error}") from error
        except Exception as error:  # ONNX Runtime's own have no base but this
            raise BadModelError(f"{path}: ONNX Runtime cannot load it: {error}") from error
        self.name = name or self.description.name
        self.version = version
        self.output_names = [output.name for output in self._session.get_outputs()]
        self._max_pixels = max_pixels

    def warm_up(self) -> None:
        """Run the model once, so that the first image need not wait for memory and threads.

        Raises:
            BadModelError: it does not run.
        """
        height, width = self.description.input_size or _ANY_SIZE
        try:
            self.infer(np.zeros((1, height, width, 3), np.uint8))
        except ModelUnavailableError as error:
            raise BadModelError(f"model {self.name}: {error}") from error

    def infer(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """Run the network.

        Args:
            images: uint8 RGB (N, H, W, 3), N, H, W >= 1.

        Returns:
            Output name -> array, as the file declares them: `scores` float32 (N, C), and where the
            file has them `attention` float32 (N, k, h, w), `attention_class` int64 (N, k) and
            `class_map` uint8 (N, H, W).

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

    def decide(
        self, images: np.ndarray | Sequence[bytes], *, overlay: bool = False
    ) -> list[Decision]:
        """Judge images.

        Args:
            images: uint8 RGB (N, H, W, 3), run as one batch; or encoded images, which may differ
                in size and are run one by one.
            overlay: also draw where the network looked.

        Returns:
            A decision for each image, in order.

        Raises:
            BadRequestError: see `infer`.
            BadImageError: bytes that are no image; nothing is judged then.
            TooLargeError: an image of more pixels than allowed.
            ModelUnavailableError: the network failed.
        """
        if isinstance(images, np.ndarray):
            return self._decide(images, overlay, 0.0)
        decisions = []
        for data in images:
            start = time.perf_counter()
            image = decode(data, self._max_pixels)
            seconds = time.perf_counter() - start
            decisions += self._decide(image[None], overlay, seconds)
        return decisions

    def _decide(self, images: np.ndarray, overlay: bool, decoding: float) -> list[Decision]:
        start = time.perf_counter()
        outputs = self.infer(images)
        inference = (time.perf_counter() - start) / len(images)
        return [
            self._decision(image, index, outputs, overlay, (decoding, inference))
            for index, image in enumerate(images)
        ]

    def _decision(
        self,
        image: np.ndarray,
        index: int,
        outputs: dict[str, np.ndarray],
        overlay: bool,
        spent: tuple[float, float],
    ) -> Decision:
        start = time.perf_counter()
        scores = outputs["scores"][index]
        attention = outputs["attention"][index] if "attention" in outputs else None
        classes = outputs["attention_class"][index] if "attention_class" in outputs else None
        class_map = outputs["class_map"][index] if "class_map" in outputs else None
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
            timings=Timings(*spent, postprocess=time.perf_counter() - start),
            class_map=class_map,
        )

    def _check_signature(self) -> None:
        inputs = self._session.get_inputs()
        if [(put.name, put.type, len(put.shape)) for put in inputs] != [
            ("image", "tensor(uint8)", 4)
        ]:
            raise BadModelError("its only input must be image, uint8 (N, H, W, 3)")
        outputs = {output.name: output for output in self._session.get_outputs()}
        types = {name: output.type for name, output in outputs.items()}
        wrong = [
            f"{name} is {types[name]}"
            for name in types.keys() & _TYPES
            if types[name] != _TYPES[name]
        ]
        if "scores" not in types:
            wrong.append("scores is missing")
        elif outputs["scores"].shape[1:] != [len(self.description.class_names)]:
            wrong.append(
                f"scores have the shape {outputs['scores'].shape}, "
                f"with {len(self.description.class_names)} class names"
            )
        if ("attention" in types) != ("attention_class" in types):
            wrong.append("attention and attention_class must come together")
        if self.description.task == "segmentation" and "class_map" not in types:
            wrong.append("class_map is missing from a segmenter")
        if wrong:
            raise BadModelError("its outputs are wrong: " + "; ".join(sorted(wrong)))


def _options(threads: int | None) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.inter_op_num_threads = 1
    # Plans of memory are kept for every size of image that ever came, and grow for years.
    options.enable_mem_pattern = False
    if threads is not None:
        options.intra_op_num_threads = threads
    return options
