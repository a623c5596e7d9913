"""A batch shared by several devices: the step of one."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import gain_tf

pytestmark = pytest.mark.slow

SHARED = """
import keras, numpy as np, tensorflow as tf, gain_tf
from gain_tf.models.stacked_dense import StackedDense

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
ONE, TWO = tf.distribute.get_strategy(), tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

def network(**settings):
    layers = keras.layers
    keras.utils.set_random_seed(0)
    regulariser = keras.regularizers.L2(0.1)
    convolution = layers.Conv2D(4, 3, activation="relu", kernel_regularizer=regulariser)
    features = keras.Sequential([keras.Input((8, 8, 3)), convolution])
    pool = layers.GlobalAveragePooling2D()
    head = keras.Sequential([keras.Input((6, 6, 4)), pool, StackedDense(3)])
    return gain_tf.GAIN(features, head, kind="pixel", **settings)

images = np.random.default_rng(0).random((5, 8, 8, 3)).astype("float32")
mask = np.zeros((5, 8, 8), "uint8")
mask[:, 2:5, 2:5] = np.array([1, 2, 3, 1, 2])[:, None, None]
labels = np.array([0, 1, 2, 0, 1])
"""
"""A network, five images, one device and two."""


def printed(script):
    """Run a script behind `SHARED` and return what it prints, and what went wrong.

    In a process of its own: a device is split before it is used.
    """
    run = subprocess.run(
        [sys.executable, "-c", SHARED + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        cwd=Path(gain_tf.__file__).parent.parent,
        check=False,
    )
    return run.stdout.strip(), run.stderr[-2000:]


def test_replicas_sum_to_the_same_step():
    output, problem = printed("""
        def run(strategy, eager):
            with strategy.scope():
                model = network()
                model.compile(keras.optimizers.SGD(0.1), run_eagerly=eager)
            # The second batch leaves one device without an image.
            example = {"image": images, "mask": mask}
            history = model.fit(example, labels, batch_size=4, shuffle=False, verbose=0).history
            return history, model.get_weights()

        one, two = run(ONE, True), run(TWO, False)
        for name in one[0]:
            np.testing.assert_allclose(two[0][name], one[0][name], atol=1e-5, err_msg=name)
        for a, b in zip(one[1], two[1], strict=True):
            np.testing.assert_allclose(b, a, atol=1e-6)
        print("same")
    """)
    assert output == "same", problem


def test_devices_share_flags_and_uneven_batches():
    output, problem = printed("""
        def run(strategy):
            with strategy.scope():
                model = network(max_labels=1)
                model.compile(keras.optimizers.SGD(0.1), metrics=["accuracy"])
            flags = np.array([True, False, True, True, False])
            example = {"image": images, "mask": mask, "has_mask": flags}
            # Of three images one device gets two.
            given = {"batch_size": 3, "verbose": 0}
            history = model.fit(example, labels, shuffle=False, **given).history
            return history, model.evaluate(example, labels, return_dict=True, **given)

        (history, evaluated), (shared_history, shared_evaluated) = run(ONE), run(TWO)
        for name in history:
            np.testing.assert_allclose(shared_history[name], history[name], atol=1e-5)
            np.testing.assert_allclose(shared_evaluated[name], evaluated[name], atol=1e-5)
        print("same")
    """)
    assert output == "same", problem


def test_cpu_devices_refuse_xla():
    output, problem = printed("""
        with TWO.scope():
            model = network(max_labels=1)
            model.compile("sgd")
            assert not model.jit_compile
            try:
                model.compile("sgd", jit_compile=True)
            except ValueError as error:
                print(error)
    """)
    expected = "jit_compile=True: XLA cannot share a batch among CPU devices; train on one device"
    assert output.startswith(expected), problem
