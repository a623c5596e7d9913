"""What stops a command is a sentence where the work or the machine stopped it."""

import click
import numpy as np
import pytest
import tensorflow as tf

from gain_tf.cli import status
from gain_tf.data.decode import UnreadableImageError
from gain_tf.errors import FailedError, failure_sentence


def caught(action):
    try:
        action()
    except Exception as error:
        return error
    pytest.fail("nothing was raised")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (FailedError("it is so"), "it is so"),
        (UnreadableImageError("a.jpg: is gone"), "a.jpg: is gone"),
        (FloatingPointError("training diverged"), "training diverged"),
        (OSError(28, "No space left on device", "f"), "No space left on device: f"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("Can't write data"), "Can't write data"),
        (ValueError("a mistake of ours"), None),
        (RuntimeError("a mistake of ours"), None),
    ],
)
def test_sentences(error, sentence):
    assert failure_sentence(error) == sentence


@pytest.mark.slow
def test_out_of_memory():
    exhausted = caught(lambda: tf.zeros([1 << 30, 1 << 20]) + 1)
    assert isinstance(exhausted, tf.errors.ResourceExhaustedError)
    assert failure_sentence(exhausted).startswith("the memory of CPU:0 is used up; a smaller data.")
    in_graph = caught(tf.function(lambda: tf.reduce_sum(tf.random.uniform([1 << 30, 1 << 20]))))
    assert failure_sentence(in_graph).startswith("the memory of CPU:0 is used up")
    assert failure_sentence(caught(lambda: np.zeros(1 << 50))).startswith("the memory of this mach")


def test_a_full_disk_that_tensorflow_meets():
    """Its errors of files have the words of the system, not its numbers."""
    full = caught(lambda: tf.io.write_file("/dev/full", tf.constant("x" * 100_000)))
    assert "No space left on device" in failure_sentence(full)
    assert len(failure_sentence(full).splitlines()) == 1


def test_other_errors_of_tensorflow_are_ours():
    assert failure_sentence(caught(lambda: tf.reshape(tf.zeros([3]), [2]))) is None


@pytest.mark.slow
def test_a_command_ends_with_1(capsys):
    @click.command
    def heavy():
        tf.zeros([1 << 30, 1 << 20])

    assert status(heavy, "gain-tf fit", []) == 1
    err = capsys.readouterr().err
    assert err.startswith("gain-tf fit: the memory of CPU:0 is used up")
    assert "Traceback" not in err
