"""A loss that is no number any more stops the run, and says which term it was."""

import math
from typing import Any

import keras


class DivergedError(FloatingPointError):
    """A loss term became NaN or infinite."""


class StopOnDivergence(keras.callbacks.Callback):
    """Raise `DivergedError` at the first batch after which a metric is not finite.

    Raised before the epoch's checkpoint is written, so that the last one is a good one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check every metric."""
        bad = [name for name, value in (logs or {}).items() if not math.isfinite(float(value))]
        if bad:
            raise DivergedError(
                f"training diverged in epoch {self.epoch + 1}, step {batch + 1}: "
                f"{', '.join(bad)} is not finite. A smaller training.optimizer.learning_rate or "
                "training.optimizer.clip_norm=1 usually helps; earlier checkpoints are kept"
            )
