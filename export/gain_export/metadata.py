"""What an exported file says about itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import onnx

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
    """Read what an exported file says about itself.

    Args:
        path: of an ONNX file.

    Returns:
        The properties, without their prefix.

    Raises:
        UserError: the file is no ONNX model, or not one of ours.
    """
    try:
        graph = onnx.load(path, load_external_data=False)
        found = {
            entry.key.removeprefix(PREFIX): json.loads(entry.value)
            for entry in graph.metadata_props
            if entry.key.startswith(PREFIX)
        }
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    # protobuf's own error has no public home.
    except Exception as error:
        raise UserError(f"{path}: is no ONNX model that can be read: {error}") from error
    if "class_names" not in found:
        raise UserError(f"{path}: was not exported by gain-tf: it does not name its classes")
    return found
