"""What is known of a model and its versions at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gain_serving.errors import ModelNotFoundError, ModelUnavailableError
from gain_serving.runtime import Runtime

READY = "READY"
LOADING = "LOADING"
UNAVAILABLE = "UNAVAILABLE"

_BEING_LOADED = "it is being loaded"
_SHOWN = 64


@dataclass(frozen=True)
class Slot:
    """One version of a model.

    Attributes:
        runtime: what serves; None where nothing does.
        state: `READY`, `LOADING` or `UNAVAILABLE`.
        reason: why it does not serve, or why a newer file of it was refused.
        tried: what was last tried in vain; the same is not tried twice.
    """

    runtime: Runtime | None = None
    state: str = LOADING
    reason: str = ""
    tried: tuple[object, ...] = ()


@dataclass(frozen=True)
class IndexRow:
    """A line of the repository's index: `version` is "" for a problem of the whole folder."""

    name: str
    version: str
    state: str
    reason: str


@dataclass(frozen=True)
class Model:
    """One folder of the repository.

    Attributes:
        versions: version -> its slot, oldest first.
        problem: with the folder as a whole.
        unloaded: somebody asked for it; it stays so until somebody asks for the opposite.
    """

    versions: Mapping[str, Slot] = field(default_factory=dict)
    problem: str = ""
    unloaded: bool = False

    def find(self, name: str, version: str) -> Runtime:
        """Return a version that serves.

        Args:
            name: of the model, for the message.
            version: that is asked for; "" for the newest that serves.

        Raises:
            ModelNotFoundError: there is no such version.
            ModelUnavailableError: it is there and does not serve; the message says why.
        """
        if version:
            return self._find_version(name, version)
        newest_first = list(self.versions.values())[::-1]
        for slot in newest_first:
            if slot.runtime is not None:
                return slot.runtime
        reasons = [self.problem, *(slot.reason for slot in newest_first)]
        reason = next(filter(None, reasons), _BEING_LOADED)
        raise ModelUnavailableError(f"model {name!r} is not serving: {reason}")

    def rows(self, name: str) -> list[IndexRow]:
        """Return the lines of the index, for a model of this name."""
        rows = [
            IndexRow(name, version, slot.state, slot.reason)
            for version, slot in self.versions.items()
        ]
        return [*rows, IndexRow(name, "", UNAVAILABLE, self.problem)] if self.problem else rows

    def _find_version(self, name: str, version: str) -> Runtime:
        slot = self.versions.get(version)
        if slot is None:
            have = ", ".join(self.versions) or "none"
            raise ModelNotFoundError(
                f"model {name!r} has no version {version[:_SHOWN]!r}; it has: {have}"
            )
        if slot.runtime is None:
            raise ModelUnavailableError(
                f"version {version} of model {name!r} is not serving: "
                f"{slot.reason or _BEING_LOADED}"
            )
        return slot.runtime
