"""What is known of one row of a comparison when it is done."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

GUIDED, BASELINE, CONTROL = "guided", "baseline", "control"
"""Names of the rows that mean something to the report, see `RowResult`."""


@dataclass(frozen=True)
class RowResult:
    """A trained and judged row.

    Attributes:
        name: of the row: `guided` is the run's own model, `baseline` the plain classifier,
            `control` the guided model on annotations rolled to random places.
        changes: dotted keys in which its config differs from the run's.
        folder: where its files are.
        figures: what its `evaluation.json` holds.
    """

    name: str
    changes: dict[str, Any]
    folder: Path
    figures: dict[str, Any]
