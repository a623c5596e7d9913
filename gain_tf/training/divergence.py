"""A loss that is no number any more stops the run, and says which term it was, on which images."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import keras
import tensorflow as tf

from gain_tf.files import replacing

RECORD = "diverged.json"
NAMED = 3
"""Images and weights that are named in the error."""

ImagesOf = Callable[[int, int], Sequence[str]]
"""From an epoch and a step, both from 0, to the ids of the batch's images."""


class DivergedError(FloatingPointError):
    """A loss term or a weight became NaN or infinite."""


class StopOnDivergence(keras.callbacks.Callback):
    """Raise `DivergedError` at the first batch after which a metric is not finite.

    Raised before the epoch's checkpoint is written; nor is one written of weights that the last
    step of an epoch broke. Gradients that overflow under mixed precision are no divergence: the
    loss is finite then, and the step is left out.

    Args:
        images_of: names the images of a batch.
        folder: `diverged.json` goes there: epoch and step, from 1; every metric, as text; the
            images of the step (of all steps that were executed as one) and of the one before,
            which is to blame where every term is NaN at once. One that lies there is removed when
            training begins.
        writes: whether this process does so; of several that train together, one is enough.
    """

    def __init__(self, images_of: ImagesOf, folder: Path, *, writes: bool = True) -> None:
        super().__init__()
        self.images_of = images_of
        self.path = folder / RECORD
        self.writes = writes
        self.epoch = 0
        self.first = 0
        self.step = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget an earlier divergence."""
        if self.writes:
            self.path.unlink(missing_ok=True)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the epoch."""
        self.epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Remember the first of the steps that are executed as one."""
        self.first = batch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check every metric."""
        self.step = batch
        figures = {name: float(value) for name, value in (logs or {}).items()}
        bad = [name for name, value in figures.items() if not math.isfinite(value)]
        if bad:
            # The loss is the sum of the terms: it says nothing that they do not.
            self._stop([name for name in bad if name != "loss"] or bad, figures)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check what the checkpoint is about to hold."""
        model = cast(keras.Model, self.model)
        optimizer = cast(keras.optimizers.Optimizer, model.optimizer)
        bad = [
            variable.path
            for variable in (*model.variables, *optimizer.variables)
            if not _finite(variable.value)
        ]
        if bad:
            self._stop(bad, {})

    def _stop(self, bad: Sequence[str], figures: dict[str, float]) -> None:
        steps = range(self.first, self.step + 1)
        images = [image for step in steps for image in self.images_of(self.epoch, step)]
        if self.writes:
            self._write_down(bad, figures, images)
        raise DivergedError(
            f"training diverged in epoch {self.epoch + 1}, step {self.step + 1}: "
            f"{_some(bad)} is not finite on the images {_some(images)} (all in {self.path}). "
            "A smaller training.optimizer.learning_rate or training.optimizer.clip_norm=1 usually "
            "helps; earlier checkpoints are kept"
        )

    def _write_down(
        self, bad: Sequence[str], figures: dict[str, float], images: Sequence[str]
    ) -> None:
        before = list(self.images_of(self.epoch, self.first - 1)) if self.first else []
        record = {
            "epoch": self.epoch + 1,
            "step": self.step + 1,
            "not_finite": list(bad),
            "metrics": {name: str(value) for name, value in figures.items()},
            "images": list(images),
            "images_of_the_step_before": before,
        }
        with replacing(self.path) as temporary:
            text = json.dumps(record, indent=2, ensure_ascii=False)
            temporary.write_text(text + "\n", encoding="utf-8")


def _finite(value: Any) -> bool:
    return not value.dtype.is_floating or bool(tf.reduce_all(tf.math.is_finite(value)))


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
