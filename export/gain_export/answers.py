"""What a model answers on a list of pictures, whatever runs it."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gain_export.names import ATTENTION, ATTENTION_CLASS, SCORES

# Read when ONNX Runtime is loaded: nothing leaves the machine.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

Run = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""From pictures uint8 (N, H, W, 3) to the outputs by name."""


@dataclass(frozen=True)
class Answers:
    """Outputs of a model, picture by picture.

    Attributes:
        scores: float32 (N, C).
        attention: float32 (k, h, w) of each picture, or None without attention; a network without
            an image size of its own gives a large picture a large map.
        classes: of the maps, int64 (N, k), or None.
    """

    scores: np.ndarray
    attention: Sequence[np.ndarray] | None
    classes: np.ndarray | None


def answers_of(run: Run, pictures: Iterable[np.ndarray]) -> Answers:
    """Ask a model about pictures of any size, one by one.

    Args:
        run: the model.
        pictures: uint8 RGB (H, W, 3) each.
    """
    answers = [run(picture[np.newaxis]) for picture in pictures]

    def stacked(name: str) -> np.ndarray:
        return np.concatenate([np.asarray(answer[name]) for answer in answers])

    scores = stacked(SCORES)
    if ATTENTION not in answers[0]:
        return Answers(scores, None, None)
    maps = [each for answer in answers for each in np.asarray(answer[ATTENTION])]
    return Answers(scores, maps, stacked(ATTENTION_CLASS))


def session_of(model: Path | bytes, threads: int = 0) -> Any:
    """Open a model in ONNX Runtime, on the CPU.

    Args:
        model: a file, or its bytes.
        threads: that one call may use; 0 for all cores.

    Returns:
        An `onnxruntime.InferenceSession`.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Warnings of the optimiser are nothing a user can act on.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        model if isinstance(model, bytes) else str(model),
        options,
        providers=["CPUExecutionProvider"],
    )


def onnx_run(session: Any) -> Run:
    """Wrap a session as a function from pictures to outputs by name."""
    names = [output.name for output in session.get_outputs()]

    def run(image: np.ndarray) -> Mapping[str, np.ndarray]:
        return dict(zip(names, session.run(names, {"image": image}), strict=True))

    return run
