"""What server and models say of themselves, in the protocol's JSON form."""

from typing import Any

import gain_serving
from gain_serving.manifest import MODEL_FILE
from gain_serving.protocol.inference import (
    ACCEPTED,
    IMAGE,
    IMAGE_BYTES,
    OVERLAY,
    SCORES,
    VERDICT,
    output_names,
)
from gain_serving.repository import Repository
from gain_serving.runtime import Runtime
from gain_serving.slots import READY
from gain_serving.statistics import Statistics

EXTENSIONS = (
    "binary_tensor_data",
    "classification",
    "model_configuration",
    "model_repository",
    "model_repository(unload_dependents)",
    "parameters",
    "statistics",
)
PLATFORM = "onnxruntime_onnx"

_ANY = -1
_CONFIG_TYPES = {"BYTES": "TYPE_STRING"}


def server_metadata() -> dict[str, Any]:
    """Return name, version and extensions of the server."""
    return {
        "name": "gain-serving",
        "version": gain_serving.__version__,
        "extensions": list(EXTENSIONS),
    }


def model_metadata(repository: Repository, name: str, version: str) -> dict[str, Any]:
    """Return the tensors of a model.

    Raises:
        ModelNotFoundError: there is no such model or version.
        ModelUnavailableError: it does not serve.
    """
    runtime = repository.get(name, version)
    return {
        "name": runtime.name,
        "versions": [one.version for one in repository.serving(name)],
        "platform": PLATFORM,
        "inputs": _inputs(),
        "outputs": _outputs(runtime),
    }


def model_config(repository: Repository, name: str, version: str) -> dict[str, Any]:
    """Return the configuration of a model; its dimensions count the batch.

    Raises:
        ModelNotFoundError: there is no such model or version.
        ModelUnavailableError: it does not serve.
    """
    runtime = repository.get(name, version)
    inputs = [{**_config_row(row), "optional": True} for row in _inputs()]
    return {
        "name": runtime.name,
        "platform": PLATFORM,
        "backend": "onnxruntime",
        "version_policy": {"all": {}},
        "max_batch_size": 0,
        "input": inputs,
        "output": [_config_row(row) for row in _outputs(runtime)],
        "default_model_filename": MODEL_FILE,
        "parameters": {
            "sha256": {"string_value": runtime.sha256},
            "class_names": {"string_value": ";".join(runtime.description.class_names)},
        },
    }


def model_statistics(
    repository: Repository, statistics: Statistics, name: str, version: str
) -> dict[str, Any]:
    """Return counts and durations.

    Args:
        repository: of the models.
        statistics: what was counted.
        name: of the model; "" for all.
        version: of it; "" for all.

    Raises:
        ModelNotFoundError: there is no such model or version.
        ModelUnavailableError: the version does not serve.
    """
    if name and version:
        runtimes = [repository.get(name, version)]
    else:
        names = [name] if name else repository.names()
        runtimes = [runtime for one in names for runtime in repository.serving(one)]
    return {"model_stats": [statistics.row(one.name, one.version) for one in runtimes]}


def repository_index(repository: Repository, *, ready: bool) -> list[dict[str, str]]:
    """Return a row for each version of each model.

    Args:
        repository: of the models.
        ready: leave out what does not serve.
    """
    return [
        {"name": row.name, "version": row.version, "state": row.state, "reason": row.reason}
        for row in repository.index()
        if row.state == READY or not ready
    ]


def _inputs() -> list[dict[str, Any]]:
    return [
        {"name": IMAGE, "datatype": "UINT8", "shape": [_ANY, _ANY, _ANY, 3]},
        {"name": IMAGE_BYTES, "datatype": "BYTES", "shape": [_ANY]},
    ]


def _outputs(runtime: Runtime) -> list[dict[str, Any]]:
    known = {
        SCORES: ("FP32", [_ANY, len(runtime.description.class_names)]),
        "attention": ("FP32", [_ANY, _ANY, _ANY, _ANY]),
        "attention_class": ("INT64", [_ANY, _ANY]),
        "class_map": ("UINT8", [_ANY, _ANY, _ANY]),
        VERDICT: ("BYTES", [_ANY]),
        ACCEPTED: ("BOOL", [_ANY]),
        OVERLAY: ("BYTES", [_ANY]),
    }
    return [
        {"name": name, "datatype": known[name][0], "shape": known[name][1]}
        for name in (*output_names(runtime), OVERLAY)
    ]


def _config_row(row: dict[str, Any]) -> dict[str, Any]:
    datatype = row["datatype"]
    return {
        "name": row["name"],
        "data_type": _CONFIG_TYPES.get(datatype, f"TYPE_{datatype}"),
        "dims": row["shape"],
    }
