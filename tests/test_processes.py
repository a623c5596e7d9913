"""What ends a command ends the processes that it has started."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support import TINY, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not os.path.isdir("/proc"), reason="needs the process table of Linux"),
]

LONG = {
    **TINY,
    "training": {**TINY["training"], "epochs": 500},
    "evaluation": {**TINY["evaluation"], "baseline": True},
}


@pytest.mark.parametrize("command", ["fit", "study"])
def test_no_process_outlives_a_killed_command(tmp_path, command):
    """A run with its rows side by side, and a study with the runs that it started."""
    values = {**LONG, "run": {"root": str(tmp_path / "runs"), "parallel": 2}}
    (tmp_path / "long.yaml").write_text(yaml.safe_dump(values))
    study = {"name": "s", "base": "long.yaml", "seeds": [1], "root": str(tmp_path / "studies")}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    arguments = {
        "fit": ["gain_tf.fit", "--config", tmp_path / "long.yaml"],
        "study": ["gain_tf", "study", tmp_path / "study.yaml"],
    }
    with (tmp_path / "said.txt").open("w") as said:
        started = subprocess.Popen(
            [sys.executable, "-m", *arguments[command]], stdout=said, stderr=subprocess.STDOUT
        )
    try:
        wait_for(lambda: list(tmp_path.rglob("baseline/checkpoints/*.keras")), 180)
        others = descendants_of(started.pid)
        assert len(others) >= {"fit": 2, "study": 3}[command]
    finally:
        started.send_signal(signal.SIGKILL)
        started.wait()
    wait_for(lambda: not any(os.path.exists(f"/proc/{other}") for other in others), 30)


def descendants_of(parent):
    # Each thread has its own children.
    listed = [path.read_text().split() for path in Path(f"/proc/{parent}/task").glob("*/children")]
    children = [int(child) for each in listed for child in each]
    return [*children, *(each for child in children for each in descendants_of(child))]
