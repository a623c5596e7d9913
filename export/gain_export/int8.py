"""Eight bits instead of thirty-two: kept only where it answers the same, and faster."""

import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx

from gain_export.answers import Answers, Run, answers_of, onnx_run, session_of
from gain_export.metadata import About
from gain_export.names import PROBABILITIES, SCORES
from gain_tf.evaluation.figures_of_merit import verdicts_of

VERDICTS, OVERLAP, SPEED = 0.99, 0.9, 1.2
"""Share of equal verdicts, intersection over union of the maps, and speed-up that are asked."""

OF_A_CLASS = 0.9
"""Share that is asked of the images of each class, or all but one of them: of all images together,
those of a rare defect are too few to count."""

CALIBRATION = 100
"""Images that the ranges of activations are read from."""

REPEATS = 15
"""Calls timed of each file, interleaved."""


@dataclass(frozen=True)
class Agreement:
    """What the eight-bit file is worth beside the float file.

    Attributes:
        images: how many were compared.
        verdicts: share of equal verdicts.
        of_class: by each class that the float file names, on how many images, and on how many of
            them the eight-bit file names it too.
        overlap: mean intersection over union of the two maps, above the threshold; None without
            attention.
        threshold: share of its maximum above which a map counts.
        speed: how many times faster, median of interleaved calls.
    """

    images: int
    verdicts: float
    of_class: Mapping[str, tuple[int, int]]
    overlap: float | None
    threshold: float
    speed: float

    @property
    def shortcomings(self) -> list[str]:
        """Why the file is not kept; nothing where it is."""
        found = []
        if self.verdicts < VERDICTS:
            found.append(f"{self.verdicts:.1%} of the verdicts agree, {VERDICTS:.0%} are asked")
        for name, (images, kept) in self.of_class.items():
            if kept == 0 or images - kept > max(1, (1 - OF_A_CLASS) * images):
                found.append(
                    f"{kept} of {images} images of {name!r} keep it, {OF_A_CLASS:.0%} are asked"
                )
        if self.overlap is not None and not self.overlap >= OVERLAP:
            found.append(f"the maps overlap by {self.overlap:.2f}, {OVERLAP} is asked")
        if self.speed < SPEED:
            found.append(f"it is {self.speed:.2f} times as fast here, {SPEED} is asked")
        return found

    def figures(self) -> dict[str, Any]:
        """Return what `parity.json` keeps."""
        return {
            "images": self.images,
            "verdicts_agree": self.verdicts,
            "kept_of_class": {name: list(counts) for name, counts in self.of_class.items()},
            "attention_overlap": self.overlap,
            "attention_threshold": self.threshold,
            "speed_up": self.speed,
            "shipped": not self.shortcomings,
            "why_not": self.shortcomings,
        }


def quantise(onnx_path: Path | str, images: Sequence[np.ndarray], path: Path | str) -> None:
    """Quantise an exported file: static, per channel, QDQ, the network's forward pass alone.

    Weights have seven bits: without the dot-product instructions of newer processors, eight
    overflow, and the same file would answer differently on another machine.

    Args:
        onnx_path: an exported float file.
        images: training images for the ranges of activations, uint8 RGB (H, W, 3), any size.
        path: to be written.
    """
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.calibrate import CalibrationDataReader
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Pictures(CalibrationDataReader):
        def __init__(self) -> None:
            # Evenly over all of them: many data sets are listed class by class.
            places = np.linspace(0, len(images) - 1, min(CALIBRATION, len(images))).round()
            self._left: Iterator[np.ndarray] = (images[int(place)] for place in places)

        def get_next(self) -> Any:
            picture = next(self._left, None)
            return None if picture is None else {"image": picture[np.newaxis]}

    with TemporaryDirectory() as folder:
        fused = Path(folder) / "fused.onnx"
        # Batch norm goes into the convolution before it is rounded.
        quant_pre_process(str(onnx_path), str(fused), skip_symbolic_shape=True)
        graph = onnx.load(fused)
        quantize_static(
            str(fused),
            str(path),
            Pictures(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=_forward_pass(graph.graph),
        )
    quantised = onnx.load(path)
    del quantised.metadata_props[:]
    quantised.metadata_props.extend(onnx.load(onnx_path).metadata_props)
    onnx.save(quantised, path)


def agreement(
    floating: Path,
    quantised: Path,
    known: Answers,
    pictures: Sequence[np.ndarray],
    *,
    threshold: float,
    about: About,
) -> Agreement:
    """Compare an eight-bit file with its float file.

    Args:
        floating: the float file.
        quantised: the eight-bit file.
        known: what the float file answers.
        pictures: uint8 RGB (H, W, 3) each.
        threshold: share of its maximum above which a map counts as object.
        about: what the file says of its verdicts.
    """
    fast, slow = onnx_run(session_of(quantised)), onnx_run(session_of(floating))
    answers = answers_of(fast, pictures)
    told, found = (_verdicts(each.scores, about) for each in (known, answers))
    same = (told == found).all(axis=1)
    return Agreement(
        images=len(pictures),
        verdicts=float(same.mean()),
        of_class={
            name: (int(column.sum()), int((column & also).sum()))
            for name, column, also in zip(about.class_names, told.T, found.T, strict=True)
            if column.any()
        },
        overlap=_overlap(known, answers, threshold),
        threshold=threshold,
        speed=speed_up(slow, fast, pictures[0]),
    )


def _verdicts(scores: np.ndarray, about: About) -> np.ndarray:
    """Say which classes are named of each image, boolean (N, C): none of one that is rejected."""
    verdicts = verdicts_of(scores, about.single_label)
    if about.reject_band is None:
        return verdicts
    low, high = about.reject_band
    doubtful = (low <= scores) & (scores < high)
    if about.single_label:
        doubtful &= verdicts
    return verdicts & ~doubtful.any(axis=1, keepdims=True)


def _forward_pass(graph: onnx.GraphProto) -> list[str]:
    """Name the nodes between the first convolution and the scores, or a segmenter's logits."""
    maker = {output: node for node in graph.node for output in node.output}
    first = next(node for node in graph.node if node.op_type == "Conv")
    wanted, names, seen = [_end(maker)], [], set()
    while wanted:
        node = maker.get(wanted.pop())
        if node is None or node.name in seen:
            continue
        seen.add(node.name)
        names.append(node.name)
        if node is not first:
            wanted += node.input
    return names


def _end(maker: Mapping[str, onnx.NodeProto]) -> str:
    """Name the tensor at which eight bits end."""
    if PROBABILITIES not in maker:
        return SCORES
    node = maker[PROBABILITIES]
    # Which of two probabilities is larger decides over pixels: they are too coarse in eight bits.
    while node.op_type != "Softmax":
        node = maker[node.input[0]]
    return node.input[0]


def _overlap(known: Answers, answers: Answers, threshold: float) -> float | None:
    """Mean overlap of the maps of the classes that both files chose."""
    if known.attention is None or answers.attention is None:
        return None
    overlaps = [
        _overlap_of(left > threshold, right > threshold)
        for left, right in zip(known.attention, answers.attention, strict=True)
    ]
    same = known.classes == answers.classes
    return float(np.stack(overlaps)[same].mean()) if same.any() else 0.0


def _overlap_of(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Intersection over union of each class's cells, (k,); 1 where both have none."""
    union = (left | right).sum(axis=(1, 2))
    shared = (left & right).sum(axis=(1, 2))
    return np.where(union > 0, shared / np.maximum(union, 1), 1.0)


def speed_up(slow: Run, fast: Run, picture: np.ndarray) -> float:
    """Say how many times faster one model is on a picture, median of interleaved calls."""
    times: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(REPEATS + 2):
        for place, run in enumerate((slow, fast)):
            start = time.perf_counter()
            run(picture[np.newaxis])
            times[place].append(time.perf_counter() - start)
    # The first two calls of each allocate.
    floating, quantised = (statistics.median(times[place][2:]) for place in (0, 1))
    return floating / quantised
