"""What stops a command is a sentence where the work or the machine stopped it."""

import re

import click
import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from support import tiny_config

from gain_export.saved_model import write_saved_model
from gain_tf.cli import status
from gain_tf.config import write_config
from gain_tf.cues import cues
from gain_tf.data.decode import UnreadableImageError
from gain_tf.errors import FailedError, failure_sentence
from gain_tf.explain import explain
from gain_tf.fit import fit
from gain_tf.segment import segment
from gain_tf.training.workers import while_all_live


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
    assert failure_sentence(exhausted) == "the memory of CPU:0 is used up"
    in_graph = caught(tf.function(lambda: tf.reduce_sum(tf.random.uniform([1 << 30, 1 << 20]))))
    assert failure_sentence(in_graph) == "the memory of CPU:0 is used up"
    assert (
        failure_sentence(caught(lambda: np.zeros(1 << 50)))
        == "the memory of this machine is used up"
    )


@pytest.mark.parametrize(
    ("kind", "message", "place"),
    [
        (tf.errors.InternalError, "Dst tensor is not initialized.", "the device"),
        (
            tf.errors.InternalError,
            "Failed to allocate request for 1.50GiB (1610612736B) on device ordinal 0",
            "the device",
        ),
        (
            tf.errors.InternalError,
            "Blas GEMM launch failed: CUBLAS_STATUS_ALLOC_FAILED on /job:localhost/device:GPU:1",
            "GPU:1",
        ),
        (
            tf.errors.UnknownError,
            "could not create handle: CUDNN_STATUS_ALLOC_FAILED",
            "the device",
        ),
        (tf.errors.InternalError, "CUDA_ERROR_OUT_OF_MEMORY: out of memory", "the device"),
        (tf.errors.ResourceExhaustedError, "OOM when allocating tensor on device:GPU:0", "GPU:0"),
    ],
)
class TestOfAGpu:
    """Memory of a GPU that is used up, in the words that TensorFlow has for it."""

    def test_it_is_called_that(self, kind, message, place):
        error = kind(None, None, message)
        assert failure_sentence(error) == f"the memory of {place} is used up"

    def test_no_other_worker_is_to_blame(self, kind, message, place):
        with pytest.raises(kind), while_all_live():
            raise kind(None, None, message)

    def test_no_disk_is_to_blame(self, kind, message, place, tmp_path):
        class Hungry:
            model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])

            def __call__(self, image):
                raise kind(None, None, message)

        said = f"saved_model cannot be made: the memory of {place} is used up"
        with pytest.raises(FailedError, match=said):
            write_saved_model(Hungry(), tmp_path / "saved_model")


@pytest.mark.parametrize(
    "message",
    ["Socket closed", "Collective ops is aborted by: failed to allocate memory of device:GPU:0"],
)
def test_another_worker_that_ended_is_called_that(message):
    said = pytest.raises(FailedError, match="another worker of this training has ended")
    with said, while_all_live():
        raise tf.errors.InternalError(None, None, message)


@pytest.mark.parametrize(
    ("command", "arguments", "heavy", "advice"),
    [
        (
            fit,
            ["--config", "run.yaml"],
            "gain_tf.fit.load_data",
            "a smaller data.batch_size or data.image_size needs less, or segmenter.batch_size "
            "where it is the segmenter that is trained. ",
        ),
        (
            explain,
            ["run", "images", "--out", "out"],
            "gain_tf.training.open_rows.load_row",
            "a smaller --batch-size needs less. ",
        ),
        (
            cues,
            ["run"],
            "gain_tf.training.run_cues.make_run_cues",
            "a smaller --batch-size needs less. ",
        ),
        (
            segment,
            ["run", "images", "--out", "out"],
            "gain_tf.training.open_rows.load_segmenter",
            "fewer or smaller --scales need less. ",
        ),
    ],
)
def test_what_needs_less_memory_is_something_that_the_command_has(
    tmp_path, monkeypatch, capsys, command, arguments, heavy, advice
):
    def exhausted(*_, **__):
        raise tf.errors.InternalError(None, None, "Dst tensor is not initialized.")

    monkeypatch.chdir(tmp_path)
    write_config(tiny_config(), tmp_path / "run.yaml")
    (tmp_path / "images").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "images/a.png")
    monkeypatch.setattr(heavy, exhausted)
    assert status(command, "gain-tf", arguments) == 1
    said = f"the memory of the device is used up; {advice}What was done is kept\n"
    assert capsys.readouterr().err == f"gain-tf: {said}"
    options = {name for each in command.params for name in each.opts}
    assert set(re.findall("--[a-z-]+", advice)) <= options
    assert "data.batch_size" not in advice or "--set" in options


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
