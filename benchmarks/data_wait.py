"""Which share of a training step waits for data.

    python benchmarks/data_wait.py configs/workpiece.yaml [--steps 20] [--set KEY=VALUE]

Trains the config's guided model for a few steps and times, in each, how long the next batch takes
to arrive and how long the step takes.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

from gain_tf.config import load_config
from gain_tf.data.pipeline import training_batches
from gain_tf.data.registry import load_data
from gain_tf.training.build import build_model
from gain_tf.training.train import annotated_split, schedule_of

WARM_UP = 3
"""Steps that are not counted: tracing, and the first fill of the buffers."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Which share of a step waits for data.")
    parser.add_argument("config")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    options = parser.parse_args()
    config = load_config(options.config, options.overrides)
    data = load_data(config.data)
    split = annotated_split(config, data)
    schedule = schedule_of(config, split)
    model = build_model(config, data, schedule.steps)
    step = tf.function(model.train_step)
    batches = iter(
        training_batches(
            split, schedule, config.data.image_size, config.data.augmentation, epochs=1000
        )
    )
    waited, worked = [], []
    for _ in range(WARM_UP + options.steps):
        started = time.perf_counter()
        batch = next(batches)
        arrived = time.perf_counter()
        step(batch)
        waited.append(arrived - started)
        worked.append(time.perf_counter() - arrived)
    wait, work = statistics.median(waited[WARM_UP:]), statistics.median(worked[WARM_UP:])
    print(
        f"{options.config}: a step waits {1000 * wait:.1f} ms for data and works "
        f"{1000 * work:.0f} ms: {100 * wait / (wait + work):.1f} % waiting (medians of "
        f"{options.steps} steps)"
    )


if __name__ == "__main__":
    main()
