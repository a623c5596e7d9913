"""Says, while there is time to stop a training, that its attention maps have died."""

import logging
from pathlib import Path
from typing import Any

import keras

_log = logging.getLogger(__name__)

MOST = 0.5
"""Share of an epoch's maps; fewer may come alive again while the network learns."""


class DeadMaps(keras.callbacks.Callback):
    """Warn, once, after an epoch in which most maps were zero everywhere.

    Args:
        folder: of the row, by which it is told from others.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._said = False

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Look at `zero_maps`, where the model is guided."""
        share = (logs or {}).get("zero_maps", 0.0)
        if share <= MOST or self._said:
            return
        self._said = True
        _log.warning(
            "%s, epoch %d: %.0f %% of the attention maps were zero everywhere, and a dead map gets "
            "no gradient that brings it back. Where annotation guides, list the loss revive "
            "beside the others, such as guidance.losses: [{name: box}, {name: revive, weight: 1}]; "
            "elsewhere a lower training.optimizer.learning_rate or guidance.alpha may keep them",
            self._folder,
            epoch + 1,
            100 * share,
        )
