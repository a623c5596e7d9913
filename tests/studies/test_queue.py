"""The runs of a study: what becomes of those that cannot be started, and how long they take."""

import pytest
from rich.console import Console
from support import tiny_config

from gain_tf.studies.plan import Cell
from gain_tf.studies.queue import time_left, work_off


@pytest.fixture
def cells(tmp_path):
    """Runs that end at once: their data are not there."""
    data = {"name": "folder", "root": str(tmp_path / "nowhere"), "image_size": [32, 32]}
    changes = {"data": data, "run": {"root": str(tmp_path / "runs"), "resume": True}}
    return [Cell({}, seed, tiny_config(seed=seed, **changes)) for seed in (1, 2, 3)]


def test_a_run_that_cannot_be_started_has_failed_and_stops_no_other(cells, tmp_path, capsys):
    in_the_way = tmp_path / "configs" / f"{cells[0].name}.yaml"
    in_the_way.mkdir(parents=True)
    first, second = work_off(cells[:2], tmp_path, 1, Console())
    assert (first.name, first.log) == (cells[0].name, None)
    assert first.reason == f"Is a directory: {in_the_way}"
    assert second.log == tmp_path / "logs" / f"{cells[1].name}.txt"
    assert "there is no folder" in second.reason
    said = capsys.readouterr().out
    assert f"{cells[0].name} failed, about" in said
    assert f"{cells[1].name} failed, none left" in said


def test_an_error_of_the_queue_itself_starts_no_other_run(cells, tmp_path):
    """As where its output goes to a disk that is full."""
    with pytest.raises(OSError, match="No space left"), open("/dev/full", "w") as full:
        work_off(cells, tmp_path, 1, Console(file=full))
    # One may have been begun by then.
    assert len(list((tmp_path / "logs").iterdir())) < 3


@pytest.mark.parametrize(
    ("seconds", "done", "waiting", "said"),
    [
        (400.0, 1, 5, "about 0:33:20 left"),
        # Two at once: what counts is how many are done in a time.
        (400.0, 2, 5, "about 0:16:40 left"),
        (90000.0, 1, 1, "about 1 day, 1:00:00 left"),
        (400.0, 6, 0, "none left"),
    ],
)
def test_the_time_left_is_that_of_the_runs_that_are_done(seconds, done, waiting, said):
    assert time_left(seconds, done, waiting) == said
