"""What ways to execute a GAIN step gain, against the plain graph in float32: one label an image.

    python benchmarks/execution.py [--networks small_cnn:28:32,...] [--without "jit: true"]
        [--repeat 5] [--out FOLDER]

Each way trains the same batch by `fit` for an epoch of a few steps, in turn with the others, so
that a busy machine disturbs all alike; what is timed is the epoch without what `fit` does before
it. The first epoch of each, which is traced and compiled in, does not count. Half precision is
tried on a GPU alone: a CPU has no kernels for it, and takes minutes. Prints a Markdown table of
medians, and with `--out` writes `execution.md` and `execution.png`.
"""

import argparse
import os
import statistics
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from step_cost import CLASSES, batch_of
from written import bars, table_of, write

from gain_tf.models.gain import GAIN

NETWORKS = "small_cnn:28:32,efficientnet_lite0:128:16"
"""Backbone, side of its images and images a step."""


@dataclass(frozen=True)
class Way:
    """One way to execute a step.

    Attributes:
        precision: Keras's dtype policy.
        jit: compiled by XLA.
        together: steps in one execution.
    """

    precision: str = "float32"
    jit: bool = False
    together: int = 1


WAYS = {
    "as it is": Way(),
    "steps_per_execution: 8": Way(together=8),
    "jit: true": Way(jit=True),
    "mixed_bfloat16": Way("mixed_bfloat16"),
}
HALF = {"mixed_float16": Way("mixed_float16")}
STEPS = 8
"""Of an epoch: as many as are executed at once at the most."""


class Stopwatch(keras.callbacks.Callback):
    """Seconds of the last epoch."""

    seconds = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start."""
        self._started = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop."""
        self.seconds = time.perf_counter() - self._started


def build(backbone: str, size: int, way: Way) -> GAIN:
    """Build a network that is trained in one way; the pairs are static, as XLA needs them."""
    keras.config.set_dtype_policy(way.precision)
    model = GAIN(
        backbone,
        "gap",
        CLASSES,
        weights=None,
        image_size=(size, size),
        kind="box",
        max_labels=1,
    )
    model.compile(keras.optimizers.SGD(1e-3), jit_compile=way.jit, steps_per_execution=way.together)
    keras.config.set_dtype_policy("float32")
    return model


def seconds_a_step(
    backbone: str, size: int, batch: int, repeat: int, without: Collection[str]
) -> dict[str, float]:
    """Time every way on one network, `without` some; medians."""
    ways = WAYS | HALF if tf.config.list_physical_devices("GPU") else WAYS
    ways = {name: way for name, way in ways.items() if name not in without}
    models = {name: build(backbone, size, way) for name, way in ways.items()}
    batches = tf.data.Dataset.from_tensors(batch_of(size, batch, 1)).cache().repeat()
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(repeat + 1):
        for name, model in models.items():
            watch = Stopwatch()
            model.fit(batches, steps_per_epoch=STEPS, shuffle=False, verbose=0, callbacks=[watch])
            times[name].append(watch.seconds / STEPS)
    return {name: statistics.median(own[1:]) for name, own in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description="What ways to execute a GAIN step gain.")
    parser.add_argument("--networks", default=NETWORKS, help="BACKBONE:SIDE:IMAGES,...")
    ways = list(WAYS | HALF)[1:]
    parser.add_argument("--without", nargs="+", default=(), choices=ways, help="ways left out")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--out", type=Path, help="folder of the table and the picture")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    for network in options.networks.split(","):
        backbone, size, batch = network.split(":")
        found[f"{backbone}, {size} pixels, {batch} images"] = seconds_a_step(
            backbone, int(size), int(batch), options.repeat, options.without
        )
    first, *others = next(iter(found.values()))
    table = table_of(
        ["network", "a step, ms", *others],
        [
            [name, f"{1000 * own[first]:.1f}", *(f"{own[way] / own[first]:.2f}" for way in others)]
            for name, own in found.items()
        ],
    )
    print(table)
    groups = {name: {way: own[way] / own[first] for way in others} for name, own in found.items()}
    figure = bars(groups, "time of a step, by that of the plain graph in float32", {})
    write(options.out, "execution", table, figure)


if __name__ == "__main__":
    main()
