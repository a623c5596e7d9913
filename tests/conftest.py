"""What every test needs: fixed seeds, Keras's global settings put back, tiny networks."""

import os
import stat
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for `import reference`, whatever the import mode

import keras  # noqa: E402
import numpy as np  # noqa: E402
import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402

import gain_tf  # noqa: E402

CLASSES = 3
CHANNELS = 4
SIDE = 8


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: none of them is what every other process waits for."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _same_start():
    """Fix the seeds before a test, put Keras's global settings back after it."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.utils.set_random_seed(7)
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
    keras.utils.clear_session(free_memory=False)


@pytest.fixture(autouse=True, scope="module")
def _free_memory():
    """Drop the graphs of a module when it is done: a heavy process traces slowly."""
    yield
    keras.utils.clear_session(free_memory=True)


@pytest.fixture
def float64():
    """Layers and losses in double precision, for finite differences."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture
def a_gpu(monkeypatch):
    """A machine that says it has a GPU; `undo()` takes it out."""
    if tf.config.list_physical_devices("GPU"):
        pytest.skip("there is a GPU")
    devices = [
        *tf.config.list_physical_devices(),
        tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU"),
    ]
    monkeypatch.setattr(
        tf.config,
        "list_physical_devices",
        lambda kind=None: [device for device in devices if kind in (None, device.device_type)],
    )
    return monkeypatch


@pytest.fixture
def synced(monkeypatch):
    """What the disk was waited for, as (inode, whether a folder)."""
    waited = []
    original = os.fsync

    def fsync(handle):
        about = os.fstat(handle)
        waited.append((about.st_ino, stat.S_ISDIR(about.st_mode)))
        original(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return waited


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real pictures beside the repository."""
    folder = HERE.parent.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}")
    return folder


@pytest.fixture(scope="session")
def make_features():
    """Factory of images (B, 8, 8, 3) -> features (B, 4, 4, K)."""

    def make(*between, channels=CHANNELS, activation="softplus", **kwargs):
        convolution = keras.layers.Conv2D(
            channels, 3, 2, "same", activation=activation, name="convolution", **kwargs
        )
        return keras.Sequential(
            [keras.Input((SIDE, SIDE, 3)), convolution, *between], name="features"
        )

    return make


@pytest.fixture(scope="session")
def make_head():
    """Factory of features (B, 4, 4, K) -> logits (B, C); the layers before the last are given."""

    def make(*layers, classes=CLASSES, channels=CHANNELS, side=SIDE // 2, **kwargs):
        layers = layers or (
            keras.layers.Flatten(dtype="float32" if _mixed() else None),
            keras.layers.Dense(5, "tanh", name="hidden", dtype="float32" if _mixed() else None),
        )
        logits = keras.layers.Dense(
            classes, name="logits", dtype="float32" if _mixed() else None, **kwargs
        )
        floatx = "float32" if _mixed() else None
        start = keras.Input((side, side, channels), dtype=floatx)
        return keras.Sequential([start, *layers, logits], name="head")

    return make


def _mixed() -> bool:
    return keras.config.dtype_policy().name.startswith("mixed")


@pytest.fixture(scope="session")
def make_gain(make_features, make_head):
    """Factory of a tiny GAIN, unaudited unless asked for."""

    def make(features=None, head=None, **settings):
        settings = {"audit": False, **settings}
        return gain_tf.GAIN(features or make_features(), head or make_head(), **settings)

    return make


@pytest.fixture
def batch(rng):
    """Five images: mask and boxes, mask, boxes, neither, and one without any label.

    The first and third have two labels; the first mask has unknown pixels, the second mask also
    shows a class that the image is not labelled with.
    """
    mask = np.zeros((5, SIDE, SIDE), np.uint8)
    mask[0, 1:4, 2:7] = 1
    mask[0, 5:8, 0:3] = 3
    mask[0, 0, :] = 255
    mask[0, 4:6, 4:8] = 255
    mask[1, 2:7, 3:5] = 2
    mask[1, 0:2, 0:2] = 1
    # What has_mask = 0 must hide.
    mask[2:] = rng.integers(0, 4, (3, SIDE, SIDE))
    boxes = np.zeros((5, 3, 4), np.float32)
    boxes[0, :2] = [[0.1, 0.2, 0.55, 0.9], [0.6, 0.0, 1.0, 0.4]]
    boxes[2] = [[0.0, 0.0, 0.3, 0.3], [0.2, 0.1, 0.7, 0.8], [0.5, 0.5, 1.0, 1.0]]
    boxes[[1, 3, 4]] = [0.2, 0.2, 0.9, 0.9]
    box_labels = np.array([[0, 2, -1], [1, 1, 1], [1, 0, 0], [2, 2, 2], [0, 1, 2]], np.int32)
    labels = np.array([[1, 0, 1], [0, 1, 0], [1, 1, 0], [0, 0, 1], [0, 0, 0]], np.float32)
    example = {
        "image": rng.normal(size=(5, SIDE, SIDE, 3)).astype(np.float32),
        "mask": mask,
        "has_mask": np.array([1, 1, 0, 0, 0], bool),
        "boxes": boxes,
        "box_labels": box_labels,
        "has_boxes": np.array([1, 0, 1, 0, 0], bool),
    }
    return example, labels
