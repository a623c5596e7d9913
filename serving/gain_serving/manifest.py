"""The list of a model's versions, and the proof that their files are the exported ones."""

import hashlib
import re
from pathlib import Path
from typing import Annotated

import pydantic
from pydantic import ConfigDict, Field, StringConstraints

from gain_serving.errors import BadModelError

MANIFEST = "manifest.json"
MODEL_FILE = "model.onnx"

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_VERSION = r"^[1-9][0-9]{0,17}$"
_CHUNK = 1 << 20

Version = Annotated[str, StringConstraints(pattern=_VERSION)]


class FileEntry(pydantic.BaseModel):
    """What a file must be.

    Attributes:
        sha256: of its content, hex.
        bytes: its size.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    bytes: int = Field(ge=0)


class Manifest(pydantic.BaseModel):
    """The file `manifest.json` beside the versions of a model.

    Attributes:
        name: of the model, the same as its folder's.
        versions: version -> file name -> what the file must be.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    name: str
    versions: dict[Version, dict[str, FileEntry]]


def is_model_name(name: str) -> bool:
    """Tell whether a folder of this name can be a model: no path, nothing hidden."""
    return _NAME.fullmatch(name) is not None


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a model.

    Args:
        folder: of the model.

    Returns:
        The manifest.

    Raises:
        BadModelError: it is missing, broken, or another model's.
    """
    path = folder / MANIFEST
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadModelError(f"{path}: cannot be read: {error.strerror}") from error
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadModelError(f"{path}: {place + ': ' if place else ''}{first['msg']}") from error
    if manifest.name != folder.name:
        raise BadModelError(f"{path}: is for the model {manifest.name!r}, not {folder.name!r}")
    return manifest


def model_entry(manifest: Manifest, version: str) -> FileEntry:
    """Return what the model file of a version must be.

    Raises:
        BadModelError: the manifest does not list the file.
    """
    entry = manifest.versions[version].get(MODEL_FILE)
    if entry is None:
        raise BadModelError(f"{MANIFEST} lists no {MODEL_FILE} for version {version}")
    return entry


def check_file(path: Path, entry: FileEntry) -> None:
    """Compare a file with its entry.

    Raises:
        BadModelError: the file is missing, or not the one that was exported.
    """
    digest = hashlib.sha256()
    try:
        size = path.stat().st_size
        if size != entry.bytes:
            raise BadModelError(f"{path}: has {size} bytes, {MANIFEST} says {entry.bytes}")
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise BadModelError(f"{path}: cannot be read: {error.strerror}") from error
    if digest.hexdigest() != entry.sha256:
        raise BadModelError(
            f"{path}: its SHA-256 is {digest.hexdigest()[:12]}..., {MANIFEST} says "
            f"{entry.sha256[:12]}...: it is not the file that was exported"
        )
