"""What tests of several rooms share: a run that trains in seconds, a segmenter, a full disk."""

import contextlib
import resource
import time

import keras

import gain_tf
from gain_tf.config import parse_config

WORKPIECE = {"train": 8, "validation": 4, "test": 4}

TINY = {
    "name": "tiny",
    "data": {
        "image_size": [32, 32],
        "batch_size": 4,
        "budget": {"boxes": 4},
        "workpiece": WORKPIECE,
    },
    # The first blocks of the network only.
    "model": {"head": "truncate", "weights": None, "target_layer": "block2a_expand_relu6"},
    "guidance": {"kind": "box"},
    "training": {"epochs": 2, "steps_per_epoch": 1, "jit": False},
    "evaluation": {"figures": 2, "intervals": 10, "baseline": False},
}

ALL_LOSSES = [
    {"name": "pixel"},
    {"name": "box"},
    {"name": "energy", "weight": 1.0},
    {"name": "rrr", "weight": 0.001},
    {"name": "evidence", "weight": 0.1},
    {"name": "revive", "weight": 1.0},
]
"""Every guidance loss at once, each with a part in the gradient."""


def wait_for(condition, seconds):
    """Look until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def tiny_config(**changes):
    """The small run, with dotted keys changed: `training__epochs=3`."""
    values = {key: dict(part) if isinstance(part, dict) else part for key, part in TINY.items()}
    for key, value in changes.items():
        *sections, last = key.split("__")
        section = values
        for name in sections:
            section[name] = dict(section.get(name, {}))
            section = section[name]
        section[last] = value
    return parse_config(values)


def tiny_segmenter(classes):
    """A segmenter of any image size that is not trained, with a dilated layer as DeepLab has."""
    layers = keras.layers
    keras.utils.set_random_seed(3)
    images = keras.Input((None, None, 3))
    x = layers.Rescaling(1 / 127.5, -1)(images)
    x = layers.Conv2D(6, 3, 2, "same", activation="relu")(x)
    x = layers.Conv2D(6, 3, padding="same", dilation_rate=2, activation="relu")(x)
    start = keras.initializers.RandomNormal(stddev=2.0)
    logits = layers.Conv2D(classes + 1, 1, kernel_initializer=start, name="logits")(x)
    return gain_tf.WeakSegmenter(keras.Model(images, logits), method="gain")


@contextlib.contextmanager
def full_disk(size):
    """No file of this process can grow past a size in bytes: all the same to it as a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
