"""What a training step should take on a device, from what is counted in its graph.

    python benchmarks/forecast.py --operations 8.1 --bandwidth 320 [--backbones resnet50,...]
        [--out FOLDER]

A step takes at least as long as its operations take at the device's best rate (TFLOP/s), and as its
bytes take to and from its memory (GB/s): with XLA no fewer than what convolutions and matrix
products read and write, without it what every operation does. Prints a Markdown table; the plain
step stands beside the GAIN step. With `--out` table and picture are written too, `forecast.md` and
`forecast.png`.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from operations import count_bytes, count_operations
from step_cost import PLAIN, batch_of, build
from written import bars, table_of, write

BACKBONES = ("vgg16-gap", "resnet50", "resnet101", "densenet121", "efficientnet_lite0")
BATCH = 4
"""Images that are counted; what weights and optimiser move is counted with them."""
HEADINGS = (
    "backbone",
    "step",
    "GFLOP an image",
    "MB an image, fused",
    "MB, apart",
    "ms an image, fused",
    "ms, apart",
    "images/s",
)


def main() -> None:
    parser = argparse.ArgumentParser(description="What a step should take on a device.")
    parser.add_argument("--backbones", default=",".join(BACKBONES))
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--operations", type=float, default=8.1, help="TFLOP/s of the device")
    parser.add_argument("--bandwidth", type=float, default=320.0, help="GB/s of its memory")
    parser.add_argument("--out", type=Path, help="folder of the table and the picture")
    options = parser.parse_args()
    lines: list[list[str]] = []
    times: dict[str, dict[str, float]] = {}
    for name in options.backbones.split(","):
        times[name] = {}
        for labels, kind in ((PLAIN, "plain"), (1, "GAIN")):
            model, batch = build(name, options.size, labels), batch_of(options.size, BATCH, labels)
            step = tf.function(model.train_step).get_concrete_function(batch)
            operations = count_operations(step) / BATCH
            fused, apart = (moved / BATCH for moved in count_bytes(step))
            computing = operations / options.operations / 1e9
            at_best, at_worst = (
                max(computing, moved / options.bandwidth / 1e6) for moved in (fused, apart)
            )
            times[name] |= {f"{kind}, fused": at_best, f"{kind}, apart": at_worst}
            numbers = (f"{operations / 1e9:.1f}", f"{fused / 1e6:.0f}", f"{apart / 1e6:.0f}")
            speed = f"{1000 / at_worst:.0f} to {1000 / at_best:.0f}"
            lines.append([name, kind, *numbers, f"{at_best:.2f}", f"{at_worst:.2f}", speed])
            print(*lines[-1], flush=True)
        keras.backend.clear_session()
    table = table_of(HEADINGS, lines)
    print(table)
    figure = bars(times, f"ms an image, {options.operations} TFLOP/s, {options.bandwidth} GB/s", {})
    write(options.out, "forecast", table, figure)


if __name__ == "__main__":
    main()
