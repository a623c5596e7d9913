"""One version of a model: from its file to what serves, or to why it does not."""

import logging
from collections.abc import Callable
from pathlib import Path

from gain_serving.errors import BadModelError
from gain_serving.manifest import MODEL_FILE, FileEntry, Manifest, check_file, model_entry
from gain_serving.runtime import Runtime
from gain_serving.slots import READY, UNAVAILABLE, Slot

_log = logging.getLogger(__name__)

Opener = Callable[[Path, str, str], Runtime]
"""Path, name and version of a model -> the model, warmed up."""


def updated(folder: Path, version: str, manifest: Manifest, slot: Slot, opener: Opener) -> Slot:
    """Bring a version up to date with its file.

    Args:
        folder: of the model.
        version: of it, listed in the manifest.
        manifest: of the model.
        slot: what is known of the version so far.
        opener: how a file becomes a model.

    Returns:
        What is known now: the same where nothing changed; a file that is refused leaves what
        serves already.
    """
    path = folder / version / MODEL_FILE
    tried: tuple[object, ...] = ()
    try:
        entry = model_entry(manifest, version)
        if slot.runtime is not None and slot.runtime.sha256 == entry.sha256:
            return Slot(slot.runtime, READY)
        tried = (entry, *_marks(path))
        if tried == slot.tried:
            return slot
        runtime = _opened(path, manifest.name, version, entry, opener)
    except BadModelError as error:
        if str(error) != slot.reason:
            extra = {"model": manifest.name, "version": version, "reason": str(error)}
            _log.error("version refused", extra=extra)
        state = UNAVAILABLE if slot.runtime is None else READY
        return Slot(slot.runtime, state, str(error), tried)
    extra = {"model": manifest.name, "version": version, "sha256": runtime.sha256}
    _log.info("version loaded", extra=extra)
    return Slot(runtime, READY)


def _opened(path: Path, name: str, version: str, entry: FileEntry, opener: Opener) -> Runtime:
    check_file(path, entry)
    try:
        runtime = opener(path, name, version)
    except BadModelError:
        raise
    except Exception as error:
        raise BadModelError(f"{path}: cannot be loaded: {error}") from error
    if runtime.sha256 != entry.sha256:
        raise BadModelError(f"{path}: changed while it was being loaded")
    return runtime


def _marks(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is replaced."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
