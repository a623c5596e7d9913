"""What is known of one row of a comparison when it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gain_tf.config import Config
from gain_tf.config.study import CONTROLS

CONTROL = "control"
"""Name of a row that means something to the report, as `GUIDED` and `BASELINE` do."""


@dataclass(frozen=True)
class RowResult:
    """A trained and judged row.

    Attributes:
        name: of the row: `guided` is the run's own model, `baseline` the plain classifier,
            `control` the guided model on annotations rolled to random places.
        changes: dotted keys in which its config differs from the run's.
        folder: where its files are.
        figures: what its `evaluation.json` holds, and of a segmenter's `segmenter`.
        segmenter: where the files of its segmenter are; None where it has none.
    """

    name: str
    changes: dict[str, Any]
    folder: Path
    figures: dict[str, Any]
    segmenter: Path | None = None

    def image_size(self, config: Config) -> tuple[int, int]:
        """Return the size, (height, width), of the images that the row's network sees.

        Args:
            config: of the run.
        """
        height, width = self.changes.get("data.image_size", config.data.image_size)
        return height, width

    @property
    def is_control(self) -> bool:
        """Whether it is the guided model on rolled annotations, whatever it is called."""
        return self.name == CONTROL or self.changes == CONTROLS["rolled"]


def with_segmenter(
    figures: dict[str, Any], judged: dict[str, Any], *, from_cues: bool
) -> dict[str, Any]:
    """Put the figures of a row's segmenter beside those of its attention network.

    Args:
        figures: what `evaluation.json` of the network holds.
        judged: what that of the segmenter holds.
        from_cues: whether it learned from the network's cues; otherwise theirs are no figures of
            this row.
    """
    kept = {key: value for key, value in figures.items() if from_cues or key != "segmentation"}
    return {**kept, "segmenter": judged["segmentation"]}


def one_a_network(results: Sequence[RowResult]) -> list[RowResult]:
    """Leave out rows that share the attention network of an earlier one: they say the same."""
    first = {result.folder: result.name for result in reversed(results)}
    return [result for result in results if first[result.folder] == result.name]
