"""What a training step should take on a device, from what is counted in its graph.

    python benchmarks/forecast.py --operations 8.1 --bandwidth 320 [--backbones resnet50,...]

A step takes at least as long as its operations take at the device's best rate (TFLOP/s), and as its
bytes take to and from its memory (GB/s): with XLA no fewer than what convolutions and matrix
products read and write, without it what every operation does. Prints a Markdown table; the plain
step stands beside the GAIN step.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from operations import count_bytes, count_operations
from step_cost import PLAIN, batch_of, build

BACKBONES = ("vgg16-gap", "resnet50", "resnet101", "densenet121", "efficientnet_lite0")
BATCH = 4
"""Images that are counted; what weights and optimiser move is counted with them."""


def main() -> None:
    parser = argparse.ArgumentParser(description="What a step should take on a device.")
    parser.add_argument("--backbones", default=",".join(BACKBONES))
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--operations", type=float, default=8.1, help="TFLOP/s of the device")
    parser.add_argument("--bandwidth", type=float, default=320.0, help="GB/s of its memory")
    options = parser.parse_args()
    print(
        "| backbone | step | GFLOP an image | MB an image, fused | MB, apart "
        "| ms an image, fused | ms, apart | images/s |"
    )
    print("|---" * 8 + "|")
    for name in options.backbones.split(","):
        for labels in (PLAIN, 1):
            model, batch = build(name, options.size, labels), batch_of(options.size, BATCH, labels)
            step = tf.function(model.train_step).get_concrete_function(batch)
            operations = count_operations(step) / BATCH
            fused, apart = (moved / BATCH for moved in count_bytes(step))
            computing = operations / options.operations / 1e9
            at_best, at_worst = (
                max(computing, moved / options.bandwidth / 1e6) for moved in (fused, apart)
            )
            print(
                f"| {name} | {'GAIN' if labels else 'plain'} | {operations / 1e9:.1f} "
                f"| {fused / 1e6:.0f} | {apart / 1e6:.0f} | {at_best:.2f} | {at_worst:.2f} "
                f"| {1000 / at_worst:.0f} to {1000 / at_best:.0f} |",
                flush=True,
            )
        keras.backend.clear_session()


if __name__ == "__main__":
    main()
