"""What a GAIN step costs, in plain steps of the same network.

    python benchmarks/step_cost.py [--backbones vgg16,...] [--size 224] [--batch 8] [--out FOLDER]

Operations are counted in the traced graph of `train_step`; times are medians of interleaved
steps on the same batch from the same weights, so that a busy machine disturbs both alike; memory
is the peak of TensorFlow's own allocator in a step, over what it holds between two: what a process
holds says little, since the allocator keeps for itself what a step has freed.
Prints a Markdown table, in plain steps but for the last column; with `--out` table and picture are
written too, `step_cost.md` and `step_cost.png`.
"""

import argparse
import multiprocessing
import os
import statistics
import time
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from operations import count_operations
from written import bars, table_of, write

from gain_tf.models.gain import GAIN

BACKBONES = ("vgg16", "vgg16-gap", "resnet50", "resnet101", "densenet121", "efficientnet_lite0")
CLASSES = 20
DEVICE = "GPU:0" if tf.config.list_physical_devices("GPU") else "CPU:0"
"""Whose memory is measured."""
PLAIN = 0
"""Labels an image of the plain step: none is attended to."""
AIMS = {"time, 1 label": 2.15, "memory": 2.1, "memory, remat": 1.3}
"""What a step should not exceed, in plain steps."""
COUNTED = {"TF_ENABLE_ONEDNN_OPTS": "1"}
"""Environment in which TensorFlow counts what its allocator of a CPU gives out."""


def build(name: str, size: int, labels: int, *, remat: bool = False) -> GAIN:
    """Build a network; `labels` an image are attended to."""
    backbone, _, head = name.partition("-")
    model = GAIN(
        backbone,
        head or "auto",
        CLASSES,
        weights=None,
        image_size=(size, size),
        alpha=1.0 if labels else 0.0,
        omega=10.0 if labels else 0.0,
        kind="box",
        max_labels=labels or None,
        remat=remat,
    )
    model.compile(keras.optimizers.SGD(1e-3))
    return model


def batch_of(size: int, batch: int, labels: int) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Make a batch in which every image has `labels` classes and a box of each."""
    random = np.random.default_rng(0)
    labels = max(labels, 1)
    hot = np.zeros((batch, CLASSES), np.float32)
    hot[:, :labels] = 1
    example = {
        "image": tf.constant(random.uniform(0, 255, (batch, size, size, 3)), tf.float32),
        "boxes": tf.constant(np.tile([[0.2, 0.2, 0.8, 0.8]], (batch, labels, 1)), tf.float32),
        "box_labels": tf.constant(np.tile(np.arange(labels), (batch, 1)), tf.int32),
        "has_boxes": tf.ones([batch], tf.bool),
    }
    return example, tf.constant(hot)


def operations_of(model: GAIN, batch: tuple) -> int:
    """Count the operations of a training step."""
    return count_operations(tf.function(model.train_step).get_concrete_function(batch))


def interleaved_times(models: list[GAIN], batches: list[tuple], repeat: int) -> list[float]:
    """Time steps in turn; medians in seconds."""
    steps = [tf.function(model.train_step) for model in models]
    for step, batch in zip(steps, batches, strict=True):
        step(batch)
    times: list[list[float]] = [[] for _ in steps]
    for _ in range(repeat):
        for own, step, batch in zip(times, steps, batches, strict=True):
            started = time.perf_counter()
            step(batch)
            own.append(time.perf_counter() - started)
    return [statistics.median(own) for own in times]


def _memory_of_step(
    name: str, size: int, batch: int, labels: int, remat: bool, answer: Queue
) -> None:
    model, data = build(name, size, labels, remat=remat), batch_of(size, batch, labels)
    step = tf.function(model.train_step)
    step(data)
    before = tf.config.experimental.get_memory_info(DEVICE)["current"]
    tf.config.experimental.reset_memory_stats(DEVICE)
    # Operations run side by side: which tensors live at once differs a little from step to step.
    for _ in range(3):
        step(data)
    answer.put((tf.config.experimental.get_memory_info(DEVICE)["peak"] - before) / 2**20)


def peak_memory(name: str, size: int, batch: int, labels: int, *, remat: bool = False) -> float:
    """Measure the memory of a step in a process of its own; MiB."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    arguments = (name, size, batch, labels, remat, answer)
    process = context.Process(target=_memory_of_step, args=arguments)
    with patch.dict(os.environ, COUNTED):
        process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"the memory of a step of {name} was not measured, see above")
    return answer.get()


@dataclass(frozen=True)
class Cost:
    """What one network's GAIN step costs, in its plain steps.

    Attributes:
        operations: with one label an image.
        time: of it.
        memory: at its peak.
        operations_of_many: with `--labels` labels an image.
        time_of_many: of it.
        remat_time: with one label, features computed twice.
        remat_memory: of it.
        plain_memory: of the plain step, MiB.
    """

    operations: float
    time: float
    memory: float
    operations_of_many: float
    time_of_many: float
    remat_time: float
    remat_memory: float
    plain_memory: float


def measure(name: str, size: int, batch: int, repeat: int, several: int) -> Cost:
    """Measure one network; see the module for how."""
    kinds = (PLAIN, 1, several)
    models = [build(name, size, labels) for labels in kinds]
    models.append(build(name, size, 1, remat=True))
    batches = [batch_of(size, batch, labels) for labels in (*kinds, 1)]
    plain, one, many = map(operations_of, models[:3], batches[:3])
    times = interleaved_times(models, batches, repeat)
    keras.backend.clear_session()
    del models
    memory, kept, anew = (
        peak_memory(name, size, batch, labels, remat=remat)
        for labels, remat in ((PLAIN, False), (1, False), (1, True))
    )
    return Cost(
        one / plain,
        times[1] / times[0],
        kept / memory,
        many / plain,
        times[2] / times[0],
        times[3] / times[0],
        anew / memory,
        memory,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="What a GAIN step costs, in plain steps.")
    parser.add_argument("--backbones", default=",".join(BACKBONES))
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--labels", type=int, default=3, help="L of the columns of many labels")
    parser.add_argument("--out", type=Path, help="folder of the table and the picture")
    options = parser.parse_args()
    several = options.labels
    costs: dict[str, Cost] = {}
    for name in options.backbones.split(","):
        costs[name] = measure(name, options.size, options.batch, options.repeat, several)
        print(name, costs[name], flush=True)
    table = table_of(
        [
            "backbone",
            "operations, 1 label",
            "time",
            "peak memory",
            f"operations, {several} labels",
            "time",
            "time, 1 label, remat",
            "peak memory",
            "peak memory, plain, MiB",
        ],
        [
            [
                name,
                f"{cost.operations:.3f}",
                f"{cost.time:.2f}",
                f"{cost.memory:.2f}",
                f"{cost.operations_of_many:.3f}",
                f"{cost.time_of_many:.2f}",
                f"{cost.remat_time:.2f}",
                f"{cost.remat_memory:.2f}",
                f"{cost.plain_memory:.0f}",
            ]
            for name, cost in costs.items()
        ],
    )
    print(table)
    many = f"time, {several} labels"
    groups = {
        name: {
            "time, 1 label": cost.time,
            many: cost.time_of_many,
            "memory": cost.memory,
            "memory, remat": cost.remat_memory,
        }
        for name, cost in costs.items()
    }
    aims = {**AIMS, many: 1.05 * (1 + several)}
    write(options.out, "step_cost", table, bars(groups, "plain steps", aims))


if __name__ == "__main__":
    main()
