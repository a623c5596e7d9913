"""Whether the memory of cues, segment, evaluate and explain grows with the number of images.

    python benchmarks/streaming_memory.py [--images 100 1000 10000] [--commands cues] [--side 64]
        [--out FOLDER]

Makes folders of small photographs with masks, and a run with a tiny untrained network. Each
command has a process of its own, in which it runs on one folder after the other, batch 16; printed
is the most that the process had held by then, in MiB, and what a thousand more images added to it.
With `--out` table and picture are written too, `streaming_memory.md` and `streaming_memory.png`.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image
from written import bars, table_of, write

CLASSES = ("apple", "pear")
COMMANDS = ("cues", "segment", "evaluate", "explain")


def main() -> None:
    parser = argparse.ArgumentParser(description="Peak memory by the number of images.")
    parser.add_argument("--images", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=COMMANDS)
    parser.add_argument("--side", type=int, default=64, help="of the photographs, in pixels")
    parser.add_argument("--out", type=Path, help="folder of the table and the picture")
    parser.add_argument("--inside", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        command, *roots = options.inside
        _measure(command, roots)
        return
    counts = sorted(options.images)
    columns = [f"{count:,} images" for count in counts]
    lines: list[list[str]] = []
    held: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        roots = [_photographs(Path(folder) / str(count), count, options.side) for count in counts]
        for command in options.commands:
            call = [sys.executable, __file__, "--inside", command, *map(str, roots)]
            done = subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True)
            memory, seconds = zip(*json.loads(done.stdout.splitlines()[-1]), strict=True)
            more = 1000 * (memory[-1] - memory[0]) / max(counts[-1] - counts[0], 1)
            speed = f"{counts[-1] / seconds[-1]:.0f}"
            lines.append([command, *(f"{peak:.0f}" for peak in memory), f"{more:+.1f}", speed])
            held[command] = dict(zip(columns, memory, strict=True))
            print(*lines[-1], flush=True)
    table = table_of(["command", *columns, "for 1,000 more", "images/s"], lines)
    print(table)
    figure = bars(held, "the most that the process had held, MiB", {})
    write(options.out, "streaming_memory", table, figure)


def _photographs(root: Path, count: int, side: int) -> Path:
    """Write photographs of a bright square, with a mask each: `count` of them to be judged on."""
    random = np.random.default_rng(0)
    for number in range(count + 2):
        name, split = CLASSES[number % 2], "validation" if number < count else "train"
        pixels = random.integers(0, 100, (side, side, 3), dtype=np.uint8)
        mask = np.zeros((side, side), np.uint8)
        y, x = random.integers(0, side // 2, 2)
        mask[y : y + side // 2, x : x + side // 2] = 255
        pixels[mask > 0, number % 2] += 150
        place = f"{split}/{name}/{number}"
        for path, picture in ((root / f"{place}.jpg", pixels), (root / f"masks/{place}.png", mask)):
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(path)
    return root


def _measure(name: str, roots: Sequence[str]) -> None:
    """Run a command on each folder; print peak memory in MiB and seconds of each."""
    from gain_tf.__main__ import gain_tf as program
    from gain_tf.cli import status

    found = []
    for root in roots:
        with tempfile.TemporaryDirectory() as out:
            run = _write_run(Path(out) / "run", root)
            photographs = [str(Path(root) / "validation")]
            arguments = {
                "cues": [str(run), "--split", "validation", "--batch-size", "16"],
                "segment": [str(run), *photographs, "--out", f"{out}/masks"],
                "evaluate": [str(run), "--split", "validation", "--out", f"{out}/figures.json"],
                "explain": [str(run), *photographs, "--out", f"{out}/maps", "--batch-size", "16"],
            }[name]
            started = time.perf_counter()
            if problem := status(program, "gain-tf", [name, *arguments]):
                sys.exit(problem)
            # Linux counts in KiB.
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            found.append((peak, time.perf_counter() - started))
    print(json.dumps(found))


def _write_run(folder: Path, root: str) -> Path:
    """Write what a finished run leaves: config, classes, a tiny classifier and segmenter."""
    import keras

    import gain_tf
    from gain_tf.config import parse_config, write_config
    from gain_tf.training.epochs import MODEL
    from gain_tf.training.run_classes import CLASSES as CLASSES_FILE
    from gain_tf.training.run_folder import CONFIG, SEGMENTER

    config = parse_config(
        {
            "name": "memory",
            "data": {"name": "folder", "root": root, "image_size": [32, 32], "batch_size": 16},
            "cues": {"cells": [8, 8]},
            "segmenter": {"network": "deeplab_efficientnet_lite0"},
            "evaluation": {"intervals": 100},
        }
    )
    (folder / SEGMENTER).mkdir(parents=True)
    write_config(config, folder / CONFIG)
    classes = json.dumps({"class_names": CLASSES, "single_label": True})
    (folder / CLASSES_FILE).write_text(classes, encoding="utf-8")
    keras.utils.set_random_seed(0)
    layers = keras.layers
    features = keras.Sequential(
        [keras.Input((None, None, 3)), layers.Conv2D(8, 3, 4, "same", activation="relu")]
    )
    head = keras.Sequential(
        [keras.Input((None, None, 8)), layers.GlobalAveragePooling2D(), layers.Dense(2)]
    )
    model = gain_tf.GAIN(features, head, classes=2, activation="softmax", audit=False)
    model.save(folder / MODEL)
    images = keras.Input((32, 32, 3))
    logits = layers.Conv2D(3, 3, 4, "same", name="logits")(images)
    gain_tf.WeakSegmenter(keras.Model(images, logits)).save(folder / SEGMENTER / MODEL)
    return folder


if __name__ == "__main__":
    main()
