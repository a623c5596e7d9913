"""The processes of rows side by side, from their start to their end."""

import multiprocessing
import os

import pytest
from support import tiny_config

from gain_tf.cli import status
from gain_tf.config import ConfigError, write_config
from gain_tf.fit import fit
from gain_tf.training.row_processes import row_processes


def threads():
    return os.environ["TF_NUM_INTRAOP_THREADS"]


@pytest.mark.parametrize(
    "settings",
    [
        {"run__parallel": 1, "evaluation__baseline": True},
        {"run__parallel": 2, "evaluation__baseline": False},
        {"run__parallel": 2, "evaluation__baseline": True, "run__rows": ["guided"]},
    ],
)
def test_rows_in_turn_have_no_processes(settings):
    assert row_processes(tiny_config(evaluation__control=False, **settings)) is None


def test_a_row_that_there_is_not():
    with pytest.raises(ConfigError, match="there is no row gided"):
        row_processes(tiny_config(run__rows=["gided"]))


@pytest.mark.slow
def test_processes_share_the_cores_and_are_gone_in_the_end():
    processes = row_processes(tiny_config(run__parallel=2, evaluation__baseline=True))
    assert processes is not None
    share = max(1, (os.cpu_count() or 1) // 2)
    assert processes.submit(threads).result() == str(share)
    processes.end()
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_a_command_that_fails_early_leaves_no_process(tmp_path, capsys):
    config = tiny_config(
        data__image_size=[32, 48],
        evaluation__baseline=True,
        run={"root": str(tmp_path), "parallel": 2},
    )
    write_config(config, tmp_path / "config.yaml")
    assert status(fit, "gain-tf fit", ["--config", str(tmp_path / "config.yaml")]) != 0
    assert "images are square" in capsys.readouterr().err
    assert not multiprocessing.active_children()
