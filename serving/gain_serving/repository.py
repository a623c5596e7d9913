"""The models of a folder: which versions serve, which do not and why."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from gain_serving.errors import BadModelError, ModelNotFoundError, ModelUnavailableError
from gain_serving.manifest import (
    MODEL_FILE,
    FileEntry,
    Manifest,
    check_file,
    is_model_name,
    model_entry,
    read_manifest,
)
from gain_serving.runtime import Runtime
from gain_serving.slots import READY, UNAVAILABLE, IndexRow, Model, Slot

_log = logging.getLogger(__name__)
_SHOWN = 64

Opener = Callable[[Path, str, str], Runtime]
"""Path, name and version of a model -> the model, warmed up."""


class Repository:
    """A folder of models, as `gain-tf export --repository` writes it.

    What serves is one immutable mapping, replaced whole: a request takes its model from it once and
    keeps that model until it is answered, whatever is loaded meanwhile.

    Args:
        folder: DIR of DIR/NAME/VERSION/model.onnx.
        opener: how a file becomes a model.
        poll_seconds: between two looks at the folder.
    """

    def __init__(self, folder: Path, *, opener: Opener, poll_seconds: float = 2.0) -> None:
        self.folder = folder
        self._opener = opener
        self._poll_seconds = poll_seconds
        self._models: Mapping[str, Model] = MappingProxyType({})
        self._changing = threading.Lock()
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="repository", daemon=True)
        self.loaded = threading.Event()
        """Set when every model that the folder had at the start has been tried."""

    def start(self) -> None:
        """Load what is there, and keep looking, in a thread of its own."""
        self._watcher.start()

    def stop(self) -> None:
        """Stop looking; what serves goes on serving."""
        self._stopping.set()

    def get(self, name: str, version: str = "") -> Runtime:
        """Return a model that serves.

        Args:
            name: of the model.
            version: of the model; "" for the newest that serves.

        Raises:
            ModelNotFoundError: there is none of this name, or not in this version.
            ModelUnavailableError: it is there and does not serve; the message says why.
        """
        model = self._known(name)
        if version:
            slot = model.versions.get(version)
            if slot is None:
                have = ", ".join(model.versions) or "none"
                raise ModelNotFoundError(
                    f"model {name!r} has no version {version[:_SHOWN]!r}; it has: {have}"
                )
            if slot.runtime is not None:
                return slot.runtime
            raise ModelUnavailableError(
                f"version {version} of model {name!r} is not serving: "
                f"{slot.reason or 'it is being loaded'}"
            )
        for slot in model.newest_first():
            if slot.runtime is not None:
                return slot.runtime
        reasons = [model.problem, *(slot.reason for slot in model.newest_first())]
        reason = next(filter(None, reasons), "it is being loaded")
        raise ModelUnavailableError(f"model {name!r} is not serving: {reason}")

    def serving(self, name: str) -> list[Runtime]:
        """Return every version of a model that serves, oldest first.

        Raises:
            ModelNotFoundError: there is none of this name.
        """
        slots = self._known(name).versions.values()
        return [slot.runtime for slot in slots if slot.runtime is not None]

    def names(self) -> list[str]:
        """Return the names of all models, serving or not, in order."""
        return sorted(self._models)

    def index(self) -> list[IndexRow]:
        """Return a row for each version of each model."""
        rows = []
        for name, model in sorted(self._models.items()):
            for version, slot in model.versions.items():
                rows.append(IndexRow(name, version, slot.state, slot.reason))
            if model.problem:
                rows.append(IndexRow(name, "", UNAVAILABLE, model.problem))
        return rows

    def load(self, name: str) -> None:
        """Load a model anew from its folder, also one that was unloaded or refused.

        Raises:
            ModelNotFoundError: there is no such folder.
            BadModelError: none of its versions can serve.
        """
        with self._changing:
            if name not in self._folders():
                raise _unknown(name)
            model = self._models.get(name, Model())
            forgotten = {
                version: replace(slot, tried=()) for version, slot in model.versions.items()
            }
            self._publish(name, Model(forgotten))
            self._refresh(name)
            model = self._models[name]
        if not any(slot.runtime for slot in model.versions.values()):
            reasons = [model.problem, *(slot.reason for slot in model.versions.values())]
            raise BadModelError("; ".join(filter(None, reasons)) or f"{name} has no version")

    def unload(self, name: str) -> None:
        """Take a model out of service; requests that have begun are still answered.

        Raises:
            ModelNotFoundError: there is none of this name.
        """
        with self._changing:
            model = self._known(name)
            gone = Slot(state=UNAVAILABLE, reason="unloaded on request")
            self._publish(name, Model(dict.fromkeys(model.versions, gone), unloaded=True))
        _log.info("model unloaded", extra={"model": name})

    def scan(self) -> None:
        """Look at the folder once: load what is new, drop what is gone."""
        with self._changing:
            try:
                names = self._folders()
            except OSError as error:
                _log.error("the repository cannot be read", extra={"reason": str(error)})
                return
            for name in names:
                if not self._models.get(name, Model()).unloaded:
                    self._refresh(name)
            gone = self._models.keys() - set(names)
            if gone:
                kept = {name: model for name, model in self._models.items() if name not in gone}
                self._models = MappingProxyType(kept)
                _log.info("models removed", extra={"models": sorted(gone)})

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self.scan()
            except Exception:
                _log.exception("looking at the repository failed")
            self.loaded.set()
            self._stopping.wait(self._poll_seconds)

    def _folders(self) -> list[str]:
        return sorted(
            entry.name
            for entry in self.folder.iterdir()
            if is_model_name(entry.name) and entry.is_dir()
        )

    def _known(self, name: str) -> Model:
        try:
            return self._models[name]
        except KeyError:
            raise _unknown(name) from None

    def _publish(self, name: str, model: Model) -> None:
        self._models = MappingProxyType({**self._models, name: model})

    def _refresh(self, name: str) -> None:
        model = self._models.get(name, Model())
        try:
            manifest = read_manifest(self.folder / name)
        except BadModelError as error:
            # A manifest may be on its way; what serves goes on serving.
            if str(error) != model.problem:
                _log.error("model refused", extra={"model": name, "reason": str(error)})
            self._publish(name, replace(model, problem=str(error)))
            return
        slots = {**dict.fromkeys(manifest.versions, Slot()), **model.versions}
        slots = {version: slots[version] for version in sorted(slots, key=int)}
        self._publish(name, Model(slots))
        for version in sorted(manifest.versions, key=int):
            slots = {**slots, version: self._updated(name, version, manifest, slots[version])}
            self._publish(name, Model(slots))
        kept = {version: slot for version, slot in slots.items() if version in manifest.versions}
        for version in slots.keys() - kept.keys():
            _log.info("version removed", extra={"model": name, "version": version})
        problem = "" if kept else "its manifest lists no version"
        self._publish(name, Model(kept, problem=problem))

    def _updated(self, name: str, version: str, manifest: Manifest, slot: Slot) -> Slot:
        path = self.folder / name / version / MODEL_FILE
        tried: tuple[object, ...] = ()
        try:
            entry = model_entry(manifest, version)
            if slot.runtime is not None and slot.runtime.sha256 == entry.sha256:
                return Slot(slot.runtime, READY)
            tried = (entry, *_marks(path))
            if tried == slot.tried:
                return slot
            runtime = self._checked(path, name, version, entry)
        except BadModelError as error:
            if str(error) != slot.reason:
                extra = {"model": name, "version": version, "reason": str(error)}
                _log.error("version refused", extra=extra)
            state = UNAVAILABLE if slot.runtime is None else READY
            return Slot(slot.runtime, state, str(error), tried)
        extra = {"model": name, "version": version, "sha256": runtime.sha256}
        _log.info("version loaded", extra=extra)
        return Slot(runtime, READY)

    def _checked(self, path: Path, name: str, version: str, entry: FileEntry) -> Runtime:
        check_file(path, entry)
        try:
            runtime = self._opener(path, name, version)
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


def _unknown(name: str) -> ModelNotFoundError:
    return ModelNotFoundError(f"there is no model named {name[:_SHOWN]!r}")
