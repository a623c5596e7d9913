"""`gain-tf fit` killed at any moment goes on as if nothing had happened."""

import csv
import io
import json
import os
import random
import time
import zipfile

import h5py
import numpy as np
import pytest
from forked_commands import Commands
from PIL import Image
from support import tiny_config

from gain_tf.config import load_config, write_config
from gain_tf.files import WRITING

# Two to four minutes on two cores, for themselves.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

KILLS = 20
EPOCHS = 40
SECONDS = 300
"""The longest that any command may take to reach the moment at which it is killed."""


def config_in(folder, name):
    """Guided, augmented, backgrounds swapped, with momentum: whatever a resumed run could forget.

    The network is one that is soon traced.
    """
    config = tiny_config(
        name=name,
        data__augmentation={"flip_horizontal": True, "crop": 0.8, "brightness": 0.2},
        data__background_swap=0.5,
        data__budget={"masks": 3, "boxes": 4},
        model={"backbone": "small_cnn", "head": "gap", "weights": None},
        guidance__kind="both",
        training__epochs=EPOCHS,
        evaluation={"figures": 0, "intervals": 0, "baseline": False},
        run={"root": str(folder)},
    )
    write_config(config, folder / f"{name}.yaml")
    return folder / f"{name}.yaml"


def epochs_done_in(run):
    """Epochs whose checkpoint is there; 0 where there is none."""
    return max([0, *(int(path.stem[-4:]) for path in run.glob("checkpoints/epoch-*.keras"))])


def is_writing(folder):
    return folder.is_dir() and any(name.startswith(WRITING) for name in os.listdir(folder))


def moments(seed):
    """Draw when each process is killed: what to wait for, given the run folder, and how long then.

    The first two come before there is a run folder, the last three when training is done; of those
    between, each at an epoch of its own, every third is aimed at the writing of a checkpoint.
    """
    draw = random.Random(seed)
    yield from ((lambda run: True, draw.uniform(0, 2)) for _ in range(2))
    for place, epoch in enumerate(sorted(draw.sample(range(1, EPOCHS - 1), KILLS - 5))):
        if place % 3:
            yield lambda run, epoch=epoch: epochs_done_in(run) >= epoch, draw.uniform(0, 0.2)
        else:
            yield lambda run, epoch=epoch: writes_checkpoint(run, epoch), 0.0
    yield lambda run: epochs_done_in(run) == EPOCHS, 0.0
    yield lambda run: (run / "model.keras").exists(), draw.uniform(0, 0.5)
    yield lambda run: (run / "evaluation.json").exists(), draw.uniform(0, 0.5)


def writes_checkpoint(run, after):
    return is_writing(run / "checkpoints") and epochs_done_in(run) >= after


def run_of(folder):
    """The run folder, once there is one; another one before that would be a mistake."""
    if not folder.is_dir() or not list(folder.glob("*/config.yaml")):
        return folder / "none"
    (run,) = [path.parent for path in folder.glob("*/config.yaml")]
    return run


def kill_when(commands, folder, reached, seconds):
    """Wait for a moment, then kill; whether the command was still at work."""
    deadline = time.monotonic() + SECONDS
    while not reached(run_of(folder)):
        if commands.ended() or time.monotonic() > deadline:
            commands.kill()
            return False
        time.sleep(0.001)
    time.sleep(seconds)
    return commands.kill() == -9


def assert_whole(folder):
    """Every file under a final name can be read to its end."""
    for path in folder.rglob("*"):
        passing = path.name.startswith(WRITING) or path.name == ".lock"
        if not path.is_file() or passing or "tensorboard" in path.parts:
            continue
        match path.suffix:
            case ".keras":
                with zipfile.ZipFile(path) as archive:
                    assert archive.testzip() is None, path
                    assert "model.weights.h5" in archive.namelist()
            case ".json":
                json.loads(path.read_text())
            case ".yaml":
                load_config(path)
            case ".csv":
                header, *rows = csv.reader(path.read_text().splitlines())
                assert rows, path
                assert {len(row) for row in rows} == {len(header)}, path
            case ".png":
                with Image.open(path) as picture:
                    picture.load()
            case ".html":
                assert path.read_text().rstrip().endswith("</html>"), path
            case _:
                pytest.fail(f"an unknown file: {path}")


def arrays_of(path):
    """Every array of a saved model by its place: weights and the optimiser's."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        content = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(content) as file:
        file.visititems(
            lambda name, item: found.update({name: item[()]} if hasattr(item, "shape") else {})
        )
    return found


@pytest.fixture
def commands(tmp_path):
    commands = Commands(tmp_path / "log.txt")
    yield commands
    commands.close()


def test_a_run_killed_twenty_times_is_an_unbroken_run(tmp_path, commands):
    broken = config_in(tmp_path, "broken")
    arguments = ("--config", broken, "--resume")
    killed, caught_writing = 0, 0
    for reached, seconds in moments(seed=8):
        commands.start("gain_tf.fit", *arguments)
        at_work = kill_when(commands, tmp_path / "broken", reached, seconds)
        assert at_work, (killed, (tmp_path / "log.txt").read_text()[-3000:])
        killed += 1
        assert_whole(tmp_path / "broken")
        caught_writing += is_writing(run_of(tmp_path / "broken") / "checkpoints")
    assert killed == KILLS
    # What a killed process left lies there for an hour, and is no harm.
    assert caught_writing >= 3
    commands.start("gain_tf.fit", *arguments)
    assert commands.wait() == 0
    commands.start("gain_tf.fit", "--config", config_in(tmp_path, "whole"))
    assert commands.wait() == 0

    one, two = run_of(tmp_path / "broken"), run_of(tmp_path / "whole")
    assert_whole(one)
    assert (one / "report.html").is_file()
    weights, expected = arrays_of(one / "model.keras"), arrays_of(two / "model.keras")
    assert weights.keys() == expected.keys()
    assert any("optimizer" in name for name in weights)
    for name, values in expected.items():
        np.testing.assert_array_equal(weights[name], values, err_msg=name)
    for name in ("metrics.csv", "evaluation.json", "predictions.csv"):
        assert (one / name).read_text() == (two / name).read_text(), name
    assert len(json.loads((one / "environment.json").read_text())["resumed"]) >= KILLS - 3
