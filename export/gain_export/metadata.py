"""What an exported file says about itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import onnx
import pydantic

from gain_export.onnx_file import read_graph
from gain_tf.errors import UserError

PREFIX = "gain."
PACKAGES = ("gain-tf", "tensorflow", "keras", "tf2onnx", "onnx", "onnxruntime")
CLASSIFICATION, SEGMENTATION = "classification", "segmentation"


@dataclass(frozen=True)
class About:
    """What is known of an exported model besides its weights.

    Attributes:
        name: of the model.
        class_names: in the order of the scores.
        single_label: whether every picture has exactly one class.
        image_size: (height, width) that pictures are resized to; None for no resizing.
        attention_threshold: share of its maximum above which a map means the object, in [0, 1];
            None where nothing was measured.
        reject_band: scores [low, high) that are too doubtful for a verdict; None for no rejects.
        config_sha256: of the training config; None without one.
        task: `CLASSIFICATION` or `SEGMENTATION`.
        row: of the run, that the model is of; None without a run.
    """

    name: str
    class_names: Sequence[str]
    single_label: bool
    image_size: tuple[int, int] | None = None
    attention_threshold: float | None = None
    reject_band: tuple[float, float] | None = None
    config_sha256: str | None = None
    task: str = CLASSIFICATION
    row: str | None = None

    def __post_init__(self) -> None:
        if self.reject_band is not None:
            low, high = self.reject_band
            if not 0 <= low <= high <= 1:
                raise UserError(
                    f"the reject band must be low to high in [0, 1], not {low} to {high}"
                )

    def properties(self) -> dict[str, Any]:
        """Return the metadata as JSON values, `created` last."""
        return {
            "task": self.task,
            "name": self.name,
            "class_names": list(self.class_names),
            "single_label": self.single_label,
            "input_size": None if self.image_size is None else list(self.image_size),
            "thresholds": {
                "score": 0.5,
                "attention": self.attention_threshold,
                "reject_band": None if self.reject_band is None else list(self.reject_band),
            },
            "config_sha256": self.config_sha256,
            "row": self.row,
            "versions": {package: version(package) for package in PACKAGES},
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }


class _Needed(pydantic.BaseModel):
    """The properties that a file is judged by."""

    model_config = pydantic.ConfigDict(strict=True)

    task: Literal["classification", "segmentation"]
    class_names: list[str] = pydantic.Field(min_length=1)
    config_sha256: str | None
    # Files of older versions have none.
    row: str | None = None


def write_metadata(graph: onnx.ModelProto, about: About) -> None:
    """Write into a graph what it is, each property as JSON under `gain.`."""
    for key, value in about.properties().items():
        graph.metadata_props.add(key=PREFIX + key, value=json.dumps(value, ensure_ascii=False))


def require_classes(path: Path, about: Mapping[str, Any], class_names: Sequence[str]) -> None:
    """Refuse a file that was trained on other classes than the data have.

    Args:
        path: of the file.
        about: what it says about itself.
        class_names: of the data.

    Raises:
        UserError: names both.
    """
    if about["class_names"] != list(class_names):
        raise UserError(
            f"{path}: knows the classes {', '.join(about['class_names'])}; the data have "
            f"{', '.join(class_names)}"
        )


def read_metadata(path: Path) -> dict[str, Any]:
    """Read what a file says about itself, see `read_graph` and `metadata_of`."""
    return metadata_of(path, read_graph(path))


def metadata_of(path: Path, graph: onnx.ModelProto) -> dict[str, Any]:
    """Read what an exported file says about itself.

    Args:
        path: of an ONNX file, for messages.
        graph: what it holds, see `read_graph`.

    Returns:
        The properties, without their prefix; those of `_Needed` are there, and what they should be.

    Raises:
        UserError: the file is not one of ours.
    """
    found, damaged = {}, set()
    for entry in graph.metadata_props:
        if entry.key.startswith(PREFIX):
            key = entry.key.removeprefix(PREFIX)
            try:
                found[key] = json.loads(entry.value)
            except (ValueError, RecursionError):
                damaged.add(key)
    lacking: dict[str, None] = {}
    try:
        _Needed.model_validate(found)
    except pydantic.ValidationError as error:
        for mistake in error.errors():
            lacking[str(mistake["loc"][0])] = None
            if mistake["type"] != "missing":
                damaged.add(str(mistake["loc"][0]))
    if damaged:
        keys = ", ".join(PREFIX + key for key in sorted(damaged))
        raise UserError(f"{path}: its metadata is damaged: {keys}; export it again")
    if lacking:
        keys = ", ".join(PREFIX + key for key in lacking)
        raise UserError(f"{path}: was not exported by gain-tf export: its metadata lacks {keys}")
    return found
