"""What is known of a model and its versions at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gain_serving.runtime import Runtime

READY = "READY"
LOADING = "LOADING"
UNAVAILABLE = "UNAVAILABLE"


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

    def newest_first(self) -> list[Slot]:
        """Return the slots."""
        return list(self.versions.values())[::-1]


@dataclass(frozen=True)
class IndexRow:
    """A line of the repository's index: `version` is "" for a problem of the whole folder."""

    name: str
    version: str
    state: str
    reason: str
