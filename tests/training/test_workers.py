"""Two processes that train together train what one trains, killed in between or not."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from support import ALL_LOSSES, tiny_config

from gain_tf.config import ConfigError, parse_config, write_config
from gain_tf.data.registry import load_data
from gain_tf.models.loading import load_gain
from gain_tf.models.settings import TERMS
from gain_tf.training.build import build_model
from gain_tf.training.distribute import strategy_of
from gain_tf.training.history import read_history
from gain_tf.training.run import fit_run

SECONDS = 300
"""The longest that a process may take to reach the moment that is waited for."""

TOGETHER = {"training__distribute": "multiworker"}


def config_in(folder, **changes):
    settings = {
        "model": {"backbone": "small_cnn", "head": "gap", "weights": None},
        "data__budget": {"masks": 3, "boxes": 4},
        # Five validation images in batches of two: the workers get different numbers of them.
        "data__workpiece": {"train": 16, "validation": 5, "test": 4},
        "data__annotated_share": 0.5,
        "data__augmentation": {"flip_horizontal": True},
        "guidance__kind": "both",
        "guidance__losses": ALL_LOSSES,
        "training__epochs": 4,
        "training__warm_up_epochs": 1,
        "training__steps_per_epoch": 5,
        # Rounding grows with every step, the faster the larger the steps.
        "training__optimizer": {"learning_rate": 0.0001},
        "run": {"root": str(folder), "resume": True},
    }
    return tiny_config(**{**settings, **changes})


def two_workers(folder, config, moment, *settings):
    """Start the two, told of each other; they write what they say to files.

    The second has settings of its own.
    """
    write_config(config, folder / "config.yaml")
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("localhost", 0))
    addresses = [f"localhost:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    workers = []
    for index in range(2):
        told = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        own = [part for each in settings if index == 1 for part in ("--set", each)]
        command = ["-m", "gain_tf.fit", "--config", str(folder / "config.yaml"), *own]
        with (folder / f"{moment}-{index}.txt").open("w") as said:
            workers.append(
                subprocess.Popen(
                    [sys.executable, *command],
                    env={**os.environ, "TF_CONFIG": json.dumps(told)},
                    stdout=said,
                    stderr=subprocess.STDOUT,
                )
            )
    return workers


def wait_until(reached, workers):
    end = time.monotonic() + SECONDS
    while not reached() and time.monotonic() < end:
        assert all(worker.poll() is None for worker in workers), "a worker ended too early"
        time.sleep(0.05)
    assert reached()


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """The run folder of a single process."""
    return fit_run(config_in(tmp_path_factory.mktemp("one")))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("lost", [0, 1], ids=["chief", "other"])
def test_two_workers_of_which_one_is_killed_train_what_one_trains(tmp_path, lost, one):
    workers = two_workers(tmp_path, config_in(tmp_path / "two", **TOGETHER), "killed")
    try:
        wait_until(lambda: list(tmp_path.glob("two/*/*/checkpoints/epoch-0002.keras")), workers)
        workers[lost].kill()
        assert workers[lost].wait() == -signal.SIGKILL
        assert workers[1 - lost].wait(SECONDS) != 0
        said = (tmp_path / f"killed-{1 - lost}.txt").read_text()
        assert "another worker of this training has ended" in said
        assert not list(tmp_path.glob("two/*/*/model.keras"))

        workers = two_workers(tmp_path, config_in(tmp_path / "two", **TOGETHER), "resumed")
        assert [worker.wait(SECONDS) for worker in workers] == [0, 0]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()

    (two,) = (tmp_path / "two" / "tiny").iterdir()
    assert (two / "report.html").is_file()
    expected = read_history(one / "metrics.csv")
    terms = {"classification", "attention_mining", *TERMS.values()}
    assert {*terms, *(f"val_{term}" for term in terms)} < expected[0].keys()
    for row, wanted in zip(read_history(two / "metrics.csv"), expected, strict=True):
        assert row == pytest.approx(wanted, rel=1e-5, abs=1e-5)
    weights, wanted = (load_gain(run / "model.keras").get_weights() for run in (two, one))
    config = config_in(tmp_path)
    start = build_model(config, load_data(config.data), 1).get_weights()
    for after, before, then in zip(weights, wanted, start, strict=True):
        np.testing.assert_allclose(after, before, rtol=0, atol=1e-5)
        # Small steps: what matters is how far training took each, which must be the same way;
        # measured were 3e-6 of it.
        assert np.linalg.norm(after - before) < 1e-4 * np.linalg.norm(before - then)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_of_two_workers_that_diverge_the_chief_alone_writes(tmp_path):
    """The other has a root of its own, in which it finds the config that it waits for."""
    diverging = {"learning_rate": 1e25, "schedule": "constant"}
    config = config_in(
        tmp_path / "chief",
        training__warm_up_epochs=0,
        training__optimizer=diverging,
        training__distribute="multiworker",
    )
    workers = two_workers(tmp_path, config, "diverged", f"run.root={tmp_path / 'other'}")
    try:
        wait_until(lambda: list(tmp_path.glob("chief/*/*/config.yaml")), workers)
        (written,) = tmp_path.glob("chief/*/*/config.yaml")
        seen = tmp_path / "other" / written.relative_to(tmp_path / "chief")
        seen.parent.mkdir(parents=True)
        shutil.copy(written, seen)
        assert [worker.wait(SECONDS) for worker in workers] == [1, 1]
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    for index, folder in enumerate((written.parent, seen.parent)):
        said = (tmp_path / f"diverged-{index}.txt").read_text()
        assert f"(all in {folder / 'diverged.json'})" in said
    record = json.loads((written.parent / "diverged.json").read_text())
    assert record["epoch"] == 1
    assert list(seen.parent.iterdir()) == [seen]


@pytest.mark.parametrize(
    "told",
    [
        None,
        "{}",
        "worker 1",
        '{"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 2}}',
        '{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
    ],
)
def test_workers_that_are_not_named_are_an_error(monkeypatch, told):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if told is not None:
        monkeypatch.setenv("TF_CONFIG", told)
    with pytest.raises(ConfigError, match=r"TF_CONFIG.*one\.example:2222"):
        strategy_of(tiny_config(**TOGETHER))


def test_rows_side_by_side_are_no_rows_of_several_workers():
    values = tiny_config().model_dump(mode="json")
    values["training"]["distribute"] = "multiworker"
    values["run"]["parallel"] = 2
    with pytest.raises(ConfigError, match=r"run\.parallel.*must be 1"):
        parse_config(values)


def test_several_workers_look_at_every_step():
    values = tiny_config(**TOGETHER).model_dump(mode="json")
    values["training"]["steps_per_execution"] = 2
    with pytest.raises(ConfigError, match=r"training\.steps_per_execution.*must be 1"):
        parse_config(values)


def test_a_row_cannot_leave_the_workers(monkeypatch, tmp_path):
    rows = {"together": {"training.distribute": "multiworker"}}
    with pytest.raises(ConfigError, match=r"training\.distribute: several workers train every row"):
        fit_run(config_in(tmp_path, evaluation__rows=rows))
