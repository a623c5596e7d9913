"""Whether the input pipeline feeds a GAIN step, both on one core.

    taskset -c 0 python benchmarks/pipeline.py [--images 256] [--size 224] [--batch 16] [--repeat 5]

Writes photographs of 500 x 375 pixels as JPEG, reads and augments them from the files as training
does (nothing cached), and takes GAIN steps of efficientnet_lite0, in turn, so that a busy machine
disturbs both alike. Prints the medians in images per second, also of a second pass over what the
disk cache keeps.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import keras
import numpy as np
import tensorflow as tf

from gain_tf.config import Augmentation
from gain_tf.data.dataset import Split
from gain_tf.data.file_pictures import FileRecord
from gain_tf.data.files import splits_of
from gain_tf.data.kept import kept_on_disk
from gain_tf.data.pipeline import training_batches
from gain_tf.data.schedule import Schedule
from gain_tf.models.gain import GAIN

CLASSES = 20
HEIGHT, WIDTH = 375, 500
LIVELY = Augmentation(crop=0.8, flip_horizontal=True, brightness=0.2, contrast=0.2)


def photographs(folder: Path, count: int) -> Split:
    """Write pictures as heavy as photographs, each with a mask, a class and a box."""
    random = np.random.default_rng(0)
    names, records = [str(number) for number in range(CLASSES)], []
    for number in range(count):
        # Detail at several scales compresses as photographs do, to about 60 kB.
        coarse = random.uniform(0, 255, (12, 16, 3)).astype(np.float32)
        image = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        image += cv2.resize(random.normal(0, 14, (HEIGHT // 2, WIDTH // 2, 3)), (WIDTH, HEIGHT))
        path, mask = folder / f"{number}.jpg", folder / f"{number}.png"
        cv2.imwrite(str(path), np.clip(image, 0, 255).astype(np.uint8))
        shown = np.zeros((HEIGHT, WIDTH), np.uint8)
        shown[100:250, 150:350] = number % CLASSES + 1
        cv2.imwrite(str(mask), shown)
        label = (names[number % CLASSES],)
        records.append(FileRecord(path, label, "train", mask, str(number), str(number)))
    return splits_of(records, names, mask_values="index", cache=False)["train"]


def batches_of(split: Split, size: int, batch: int) -> Iterator:
    """Stream batches as training does, a quarter of each annotated, without an end."""
    annotated = np.arange(0, len(split), 10)
    schedule = Schedule(len(split), annotated, batch, 0.25, 0.0, None, seed=0)
    return iter(training_batches(split, schedule, (size, size), LIVELY, epochs=10**6))


def on_one_core() -> None:
    """Keep TensorFlow to one thread of each kind, as it would choose on a machine of one core."""
    cores = len(os.sched_getaffinity(0))
    if cores != 1:
        raise SystemExit(f"start with `taskset -c 0`: this process may use {cores} cores")
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    cv2.setNumThreads(1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Whether the pipeline feeds a GAIN step.")
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    on_one_core()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        read = photographs(folder, options.images)
        kept = kept_on_disk(read, folder / "cache")
        for index in range(len(kept)):
            kept.pictures.image(index)
        model = GAIN(
            "efficientnet_lite0", classes=CLASSES, weights=None, activation="softmax", alpha=1.0
        )
        model.compile(keras.optimizers.SGD(1e-3))
        step = tf.function(model.train_step)
        example = next(batches_of(read, options.size, options.batch))
        step(example)
        rates: dict[str, list[float]] = {"from files": [], "from the disk cache": [], "step": []}
        for _ in range(options.repeat):
            for name, split in (("from files", read), ("from the disk cache", kept)):
                # Anew each time: what was prefetched during a step would cost nothing.
                stream = batches_of(split, options.size, options.batch)
                next(stream)
                count = max(options.images // options.batch // 4, 2)
                started = time.perf_counter()
                for _ in range(count):
                    next(stream)
                rates[name].append(count * options.batch / (time.perf_counter() - started))
                del stream
            started = time.perf_counter()
            step(example)
            rates["step"].append(options.batch / (time.perf_counter() - started))
    needed = statistics.median(rates["step"])
    print(f"a GAIN step takes {needed:.1f} images/s")
    for name in ("from files", "from the disk cache"):
        given = statistics.median(rates[name])
        print(f"the pipeline gives {given:.1f} images/s {name}: {given / needed:.1f} times as many")


if __name__ == "__main__":
    main()
