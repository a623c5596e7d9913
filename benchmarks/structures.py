"""What other ways to train GAIN cost, in plain steps of the same network: operations, counted.

    python benchmarks/structures.py [--backbones resnet50,...] [--size 224] [--out FOLDER]

Public implementations in PyTorch obtain the map by `score.backward(retain_graph=True)`, which
computes the gradient of every weight where those of the features would do: two forward and three
backward passes a batch. Those that attend to each label of an image by itself pay two of the
backward passes and one of the forward ones again for every label. Their structure is written down
here in TensorFlow, without gradients through the channel weights, which they leave out and
`gain_tf.GAIN` has. Prints a Markdown table, and with `--out` writes `structures.md` and
`structures.png`.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
from operations import count_operations
from step_cost import PLAIN, batch_of, build, operations_of
from written import bars, table_of, write

from gain_tf.models.gain import GAIN

BACKBONES = ("vgg16-gap", "resnet50", "densenet121", "efficientnet_lite0")
BATCH = 2
LABELS = (1, 3)


def backward_for_every_map(model: GAIN, labels: int) -> Callable[[tf.Tensor, tf.Tensor], list]:
    """Build a training step that runs back to the first layer for the map of each label."""

    def step(images: tf.Tensor, hot: tf.Tensor) -> list:
        variables = model.trainable_variables
        unused = []
        with tf.GradientTape() as tape:
            with tf.GradientTape(persistent=True) as backwards:
                features = model.features(images, training=True)
                logits = model.head(features, training=True)
                picked = tf.unstack(logits, axis=1)
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(hot, logits))
            for label in range(labels):
                gradients = backwards.gradient(picked[label], [features, *variables])
                unused += gradients[1:]
                weights = tf.reduce_mean(tf.stop_gradient(gradients[0]), (1, 2), keepdims=True)
                attention = tf.nn.relu(tf.reduce_sum(weights * features, -1, keepdims=True))
                attention = tf.image.resize(attention, images.shape[1:3])
                erased = images * (1 - tf.sigmoid(10 * (attention - 0.5)))
                scores = model.head(model.features(erased, training=True), training=True)
                loss += tf.reduce_mean(tf.sigmoid(scores[:, label])) / labels
        return [*tape.gradient(loss, variables), *unused]

    return step


def operations_of_others(model: GAIN, batch: tuple, labels: int) -> int:
    """Count the operations of such a step."""
    example, hot = batch
    step = tf.function(backward_for_every_map(model, labels))
    return count_operations(step.get_concrete_function(example["image"], hot))


def main() -> None:
    parser = argparse.ArgumentParser(description="What other ways to train GAIN cost.")
    parser.add_argument("--backbones", default=",".join(BACKBONES))
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--out", type=Path, help="folder of the table and the picture")
    options = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    for name in options.backbones.split(","):
        plain = operations_of(
            build(name, options.size, PLAIN), batch_of(options.size, BATCH, PLAIN)
        )
        found[name] = {}
        for labels in LABELS:
            model, batch = build(name, options.size, labels), batch_of(options.size, BATCH, labels)
            many = f"{labels} label{'s' * (labels > 1)}"
            found[name][f"GAIN, {many}"] = operations_of(model, batch) / plain
            others = operations_of_others(model, batch, labels)
            found[name][f"backward for every map, {many}"] = others / plain
        print(name, found[name], flush=True)
        keras.backend.clear_session()
    kinds = list(next(iter(found.values())))
    lines = [[name, *(f"{own[kind]:.2f}" for kind in kinds)] for name, own in found.items()]
    table = table_of(["backbone", *kinds], lines)
    print(table)
    write(options.out, "structures", table, bars(found, "operations, in plain steps", {}))


if __name__ == "__main__":
    main()
