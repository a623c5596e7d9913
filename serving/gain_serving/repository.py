"""The models of a folder: which versions serve, which do not and why."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from gain_serving.errors import BadModelError, ModelNotFoundError
from gain_serving.loading import Opener, updated
from gain_serving.manifest import is_model_name, read_manifest
from gain_serving.runtime import Runtime
from gain_serving.slots import UNAVAILABLE, IndexRow, Model, Slot

_log = logging.getLogger(__name__)
_SHOWN = 64


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
        return self._known(name).find(name, version)

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
        return [row for name, model in sorted(self._models.items()) for row in model.rows(name)]

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
            slots = {
                **slots,
                version: updated(
                    self.folder / name, version, manifest, slots[version], self._opener
                ),
            }
            self._publish(name, Model(slots))
        kept = {version: slot for version, slot in slots.items() if version in manifest.versions}
        for version in slots.keys() - kept.keys():
            _log.info("version removed", extra={"model": name, "version": version})
        problem = "" if kept else "its manifest lists no version"
        self._publish(name, Model(kept, problem=problem))


def _unknown(name: str) -> ModelNotFoundError:
    return ModelNotFoundError(f"there is no model named {name[:_SHOWN]!r}")
