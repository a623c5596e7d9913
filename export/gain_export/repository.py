"""A model repository: the folder that Triton, OpenVINO Model Server, KServe and ours load.

`DIR/NAME/{config.pbtxt, labels.txt, manifest.json, VERSION/model.onnx}`
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
from filelock import FileLock
from jinja2 import Environment, PackageLoader, StrictUndefined

from gain_tf.errors import UserError
from gain_tf.files import replacing, sha256_of
from gain_tf.folders import new_folder

MODEL, LABELS, CONFIG, MANIFEST = "model.onnx", "labels.txt", "config.pbtxt", "manifest.json"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
TRITON_TYPES: dict[int, str] = {
    onnx.TensorProto.UINT8: "TYPE_UINT8",
    onnx.TensorProto.FLOAT: "TYPE_FP32",
    onnx.TensorProto.INT64: "TYPE_INT64",
}


def check_name(name: str) -> None:
    """Refuse a name that is a path.

    Raises:
        UserError: says what a name may be.
    """
    if not NAME.fullmatch(name):
        raise UserError(
            f"a model cannot be called {name!r}: letters, digits, '.', '-' and '_' alone, "
            "at most 100, the first a letter or digit"
        )


def add_version(repository: Path, name: str, model: bytes, class_names: Sequence[str]) -> Path:
    """Put a model into a repository as its next version.

    Servers may be reading: a version is whole when it appears, and is in the manifest only then.

    Args:
        repository: the folder; made where it is not there.
        name: of the model.
        model: bytes of an ONNX file.
        class_names: in the order of the scores.

    Returns:
        The folder of the version.

    Raises:
        UserError: the name is not one, or earlier versions have other classes.
    """
    check_name(name)
    folder = repository / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        manifest = _manifest(folder, name)
        _write_once(folder / LABELS, "".join(f"{label}\n" for label in class_names), manifest)
        _write_once(folder / CONFIG, _config(name, onnx.load_from_string(model)), manifest)
        version = 1 + max((int(p.name) for p in folder.iterdir() if p.name.isdigit()), default=0)
        place = folder / str(version)
        with new_folder(place) as temporary:
            (temporary / MODEL).write_bytes(model)
        manifest["versions"][str(version)] = {MODEL: _fingerprint(place / MODEL)}
        with replacing(folder / MANIFEST) as temporary:
            temporary.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return place


def _manifest(folder: Path, name: str) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        return {"name": name, "versions": {}, "files": {}}
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: is not the manifest of a model: {error}") from error


def _write_once(path: Path, text: str, manifest: dict[str, Any]) -> None:
    """Write what all versions of a model share; a later version must share it."""
    if path.is_file():
        if path.read_text(encoding="utf-8") != text:
            raise UserError(
                f"{path}: is of another model, with other classes or outputs; give this one "
                "another name"
            )
    else:
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    manifest["files"][path.name] = _fingerprint(path)


def _fingerprint(path: Path) -> dict[str, Any]:
    return {"sha256": sha256_of(path), "bytes": path.stat().st_size}


def _config(name: str, model: onnx.ModelProto) -> str:
    environment = Environment(
        loader=PackageLoader("gain_export", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    tensors = [
        [
            {
                "name": entry.name,
                "type": TRITON_TYPES[entry.type.tensor_type.elem_type],
                "shape": [d.dim_value or -1 for d in entry.type.tensor_type.shape.dim],
            }
            for entry in entries
        ]
        for entries in (model.graph.input, model.graph.output)
    ]
    return environment.get_template("config.pbtxt.j2").render(
        name=name, inputs=tensors[0], outputs=tensors[1], labels=LABELS
    )
