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
from gain_export.graph import Exportable, Inference
from gain_export.int8 import agreement, quantise
from gain_export.map_agreement import map_agreement
from gain_export.map_parity import compare_maps, require_maps
from gain_export.metadata import About, write_metadata
from gain_export.onnx_graph import onnx_graph
from gain_export.parity import compare, require
from gain_export.reference import picture_batches, reference_answers, split_batches
from gain_export.saved_model import saved_model_run, write_saved_model
from gain_export.segmenter_graph import SegmenterInference
from gain_tf.data.dataset import Split
from gain_tf.files import naming
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


def evidence_of_split(name: str, split: Split, inference: Exportable) -> Evidence:
    """Take the images of a split, through the pipeline that `evaluate` uses."""
    return Evidence(
        f"split {name}", split.ids, Pictures(split), lambda: split_batches(split, inference)
    )


def evidence_of_pictures(pictures: Sequence[np.ndarray], inference: Exportable) -> Evidence:
    """Take pictures as they are."""
    ids = [f"picture {place}" for place in range(len(pictures))]
    return Evidence("pictures", ids, pictures, lambda: picture_batches(pictures, inference))


Gate = Callable[[Run, str], tuple[dict[str, Any], Answers | None]]
"""Compares an exported model, of a kind, with the training.

Returns its figures and, of a classifier, what it answered. Raises FailedError where they differ.
"""


def classifier_gate(inference: Inference, evidence: Evidence, *, single_label: bool) -> Gate:
    """Make the gate of classifiers: scores, verdicts and attention.

    Args:
        inference: what is exported.
        evidence: what it must answer as the training does.
        single_label: whether every picture has exactly one class.
    """

    def compared(run: Run, what: str) -> tuple[dict[str, Any], Answers]:
        exported = answers_of(run, evidence.pictures)
        reference = reference_answers(inference, evidence.batches(), exported.classes)
        parity = compare(reference, exported, evidence.ids, single_label=single_label)
        require(parity, what)
        return parity.figures(), exported

    return compared


def segmenter_gate(inference: SegmenterInference, evidence: Evidence) -> Gate:
    """Make the gate of segmenters: scores and the class of every pixel; see `classifier_gate`."""

    def compared(run: Run, what: str) -> tuple[dict[str, Any], None]:
        parity = compare_maps(inference, evidence.batches(), run, evidence.pictures, evidence.ids)
        require_maps(parity, what)
        return parity.figures(), None

    return compared


@dataclass
class Exporter:
    """Writes the files of one model.

    Attributes:
        inference: what is exported.
        about: what it is.
        evidence: what it must answer as the training does.
        gate: lets pass what does.
    """

    inference: Exportable
    about: About
    evidence: Evidence
    gate: Gate

    def write_onnx(self, path: Path) -> tuple[dict[str, Any], Answers | None]:
        """Write an ONNX file, checked and compared; return its figures and what it answers.

        Raises:
            FailedError: the graph is not acceptable, or does not answer as the training does.
            OSError: it cannot be written.
            NoRuleError: a layer of the head has no rule.
        """
        graph = onnx_graph(self.inference)
        check_graph(graph, self.inference)
        write_metadata(graph, self.about)
        with naming(path):
            onnx.save(graph, path)
        del graph
        return self.gate(onnx_run(session_of(path)), path.name)

    def write_saved_model(self, folder: Path) -> dict[str, Any]:
        """Write a SavedModel and compare it; return its figures.

        Raises:
            FailedError: it does not answer as the training does.
            OSError: it cannot be written.
        """
        write_saved_model(self.inference, folder)
        return self.gate(saved_model_run(folder), folder.name)[0]

    def write_int8(
        self, floating: Path, known: Answers | None, path: Path, images: Sequence[np.ndarray]
    ) -> dict[str, Any]:
        """Write an eight-bit file; return its figures, which say whether it was kept.

        Args:
            floating: the float file.
            known: what a classifier answers; None for a segmenter.
            path: to be written.
            images: training images for the ranges of activations.
        """
        quantise(floating, images, path)
        pictures = self.evidence.pictures
        if known is None:
            found = map_agreement(floating, path, pictures, len(self.about.class_names) + 1)
        else:
            found = agreement(
                floating,
                path,
                known,
                pictures,
                threshold=self.about.attention_threshold or CUE_THRESHOLD,
                about=self.about,
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
        if "int8" in targets:
            figures["int8"] = self.write_int8(folder / ONNX, known, folder / INT8, images)
        (folder / PARITY).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
        return figures
