"""From a model to files in a folder, each through the gate before it is kept."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from gain_export.answers import Answers, Run, answers_of, onnx_run, session_of
from gain_export.checks import check_graph
from gain_export.graph import Inference
from gain_export.int8 import agreement, quantise
from gain_export.metadata import About, write_metadata
from gain_export.onnx_graph import onnx_graph
from gain_export.parity import compare, require
from gain_export.reference import picture_batches, reference_answers, split_batches
from gain_export.saved_model import saved_model_run, write_saved_model
from gain_tf.data.dataset import Split
from gain_tf.errors import FailedError
from gain_tf.metrics.attention import CUE_THRESHOLD

TARGETS = ("onnx", "saved_model", "int8")
ONNX, SAVED_MODEL, INT8, PARITY = "model.onnx", "saved_model", "model.int8.onnx", "parity.json"


class Pictures(Sequence[np.ndarray]):
    """The pictures of a split, decoded when they are asked for."""

    def __init__(self, split: Split) -> None:
        self._split = split

    def __len__(self) -> int:
        return len(self._split)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._split.pictures.image(index % len(self))


@dataclass(frozen=True)
class Evidence:
    """The pictures on which an exported file must answer as the training does.

    Attributes:
        source: where they come from, for the report.
        ids: names of the pictures.
        pictures: uint8 RGB (H, W, 3) each, any size.
        batches: the same as the training's own pipeline gives them.
    """

    source: str
    ids: Sequence[str]
    pictures: Sequence[np.ndarray]
    batches: Callable[[], Iterator[Any]]


def evidence_of_split(name: str, split: Split, inference: Inference) -> Evidence:
    """Take the images of a split, through the pipeline that `evaluate` uses."""
    return Evidence(
        f"split {name}", split.ids, Pictures(split), lambda: split_batches(split, inference)
    )


def evidence_of_pictures(pictures: Sequence[np.ndarray], inference: Inference) -> Evidence:
    """Take pictures as they are."""
    ids = [f"picture {place}" for place in range(len(pictures))]
    return Evidence("pictures", ids, pictures, lambda: picture_batches(pictures, inference))


@dataclass
class Exporter:
    """Writes the files of one model.

    Attributes:
        inference: what is exported.
        about: what it is.
        evidence: what it must answer as the training does.
    """

    inference: Inference
    about: About
    evidence: Evidence

    def write_onnx(self, path: Path) -> tuple[dict[str, Any], Answers]:
        """Write an ONNX file, checked and compared; return its figures and what it answers.

        Raises:
            FailedError: the graph is not acceptable, cannot be written, or does not answer as the
                training does.
            NoRuleError: a layer of the head has no rule.
        """
        graph = onnx_graph(self.inference)
        check_graph(graph, self.inference)
        write_metadata(graph, self.about)
        try:
            onnx.save(graph, path)
        except OSError as error:
            raise FailedError(f"{path.name} cannot be written: {error.strerror}") from error
        del graph
        return self._compared(onnx_run(session_of(path)), path.name)

    def write_saved_model(self, folder: Path) -> dict[str, Any]:
        """Write a SavedModel and compare it; return its figures.

        Raises:
            FailedError: it cannot be written, or does not answer as the training does.
        """
        write_saved_model(self.inference, folder)
        return self._compared(saved_model_run(folder), folder.name)[0]

    def write_int8(
        self, floating: Path, known: Answers, path: Path, images: Sequence[np.ndarray]
    ) -> dict[str, Any]:
        """Write an eight-bit file; return its figures, which say whether it was kept.

        Args:
            floating: the float file.
            known: what it answers.
            path: to be written.
            images: training images for the ranges of activations.
        """
        quantise(floating, images, path)
        found = agreement(
            floating,
            path,
            known,
            self.evidence.pictures,
            threshold=self.about.attention_threshold or CUE_THRESHOLD,
            single_label=self.about.single_label,
        )
        if found.shortcomings:
            path.unlink()
        return found.figures()

    def write_all(
        self, folder: Path, targets: Sequence[str], images: Sequence[np.ndarray]
    ) -> dict[str, Any]:
        """Write what is asked for, and `parity.json` beside it.

        Args:
            folder: to be filled.
            targets: of `TARGETS`; "int8" brings the float file with it.
            images: training images, for int8.

        Returns:
            What `parity.json` keeps.
        """
        figures: dict[str, Any] = {"compared_with": f"{self.evidence.source}, in float32"}
        known = None
        if "onnx" in targets or "int8" in targets:
            figures["onnx"], known = self.write_onnx(folder / ONNX)
        if "saved_model" in targets:
            figures["saved_model"] = self.write_saved_model(folder / SAVED_MODEL)
        if "int8" in targets and known is not None:
            figures["int8"] = self.write_int8(folder / ONNX, known, folder / INT8, images)
        (folder / PARITY).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        return figures

    def _compared(self, run: Run, what: str) -> tuple[dict[str, Any], Answers]:
        exported = answers_of(run, self.evidence.pictures)
        parity = compare(
            reference_answers(self.inference, self.evidence.batches(), exported.classes),
            exported,
            self.evidence.ids,
            single_label=self.about.single_label,
        )
        require(parity, what)
        return parity.figures(), exported
