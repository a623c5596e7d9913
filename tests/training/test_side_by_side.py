"""Rows trained side by side: the results of rows trained in turn, and none left behind."""

import os
import pickle
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml
from support import TINY, tiny_config

from gain_tf.config import ConfigError
from gain_tf.data.bad_images import BadImages
from gain_tf.data.files import DataError
from gain_tf.data.registry import load_data
from gain_tf.models.loading import load_gain
from gain_tf.training.rows import rows_of
from gain_tf.training.side_by_side import finish_side_by_side
from gain_tf.training.train import train

pytestmark = [
    pytest.mark.slow,
    # Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def test_rows_come_out_as_in_turn_whatever_becomes_of_another(tmp_path):
    config = tiny_config(
        evaluation__baseline=True,
        training__epochs=1,
        # There are no as many masks, which is known when the row is trained.
        evaluation__rows={"no-masks": {"data.budget.masks": 100}},
    )
    rows, data, said = rows_of(config), load_data(config.data), []
    with pytest.raises(ConfigError, match="masks"):
        finish_side_by_side(
            rows, rows, data, tmp_path, BadImages(None, 0), None, parallel=2, say=said.append
        )
    assert "no-masks failed" in said
    assert (tmp_path / "model.keras").is_file()
    in_turn = train(rows[0].config, data, tmp_path / "in-turn")
    beside = load_gain(tmp_path / "baseline" / "model.keras")
    for one, other in zip(in_turn.get_weights(), beside.get_weights(), strict=True):
        # The number of threads decides the order in which numbers are added.
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_problems_of_data_cross_to_another_process_whole():
    error = pickle.loads(pickle.dumps(DataError(["a.png: broken", "b.png: broken"])))
    assert error.problems == ["a.png: broken", "b.png: broken"]
    assert str(error) == "a.png: broken\nb.png: broken"


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs the process table of Linux")
def test_no_worker_outlives_a_killed_run(tmp_path):
    values = {
        **TINY,
        "training": {**TINY["training"], "epochs": 500},
        "evaluation": {**TINY["evaluation"], "baseline": True},
        "run": {"root": str(tmp_path / "runs"), "parallel": 2},
    }
    (tmp_path / "long.yaml").write_text(yaml.safe_dump(values))
    command = [sys.executable, "-m", "gain_tf.fit", "--config", str(tmp_path / "long.yaml")]
    with (tmp_path / "said.txt").open("w") as said:
        run = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
    try:
        wait_for(lambda: list(tmp_path.glob("runs/*/*/baseline/checkpoints/*.keras")), 120)
        workers = children_of(run.pid)
        assert len(workers) >= 2
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    wait_for(lambda: not any(os.path.exists(f"/proc/{worker}") for worker in workers), 30)


def children_of(parent):
    with open(f"/proc/{parent}/task/{parent}/children") as file:
        return [int(child) for child in file.read().split()]


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.5)
