"""`metrics.csv`."""

import csv

import pytest

from gain_tf.errors import UserError
from gain_tf.training.history import History, read_history


def test_a_row_an_epoch(tmp_path):
    history = History(tmp_path / "metrics.csv")
    history.on_epoch_end(0, {"loss": 1.5, "val_loss": 2.0})
    history.on_epoch_end(1, {"loss": 0.1234567890123456, "extra": 3})
    with (tmp_path / "metrics.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["epoch", "loss", "val_loss", "extra"],
            ["1", "1.5", "2.0", ""],
            ["2", "0.1234567890123456", "", "3.0"],
        ]
    assert read_history(tmp_path / "metrics.csv") == [
        {"epoch": 1, "loss": 1.5, "val_loss": 2},
        {"epoch": 2, "loss": 0.1234567890123456, "extra": 3},
    ]


@pytest.mark.parametrize("initial", [0, 1, 3])
def test_a_resumed_run_keeps_its_rows(tmp_path, initial):
    path = tmp_path / "metrics.csv"
    first = History(path)
    for epoch in range(3):
        first.on_epoch_end(epoch, {"loss": float(epoch)})
    History(path, initial).on_epoch_end(initial, {"loss": 9.0})
    rows = read_history(path)
    assert [row["epoch"] for row in rows] == list(range(1, initial + 2))
    assert [row["loss"] for row in rows] == [*map(float, range(initial)), 9.0]
    # To the letter as an unbroken run writes them.
    written = [line.split(",")[0] for line in path.read_text().splitlines()]
    assert written == ["epoch", *map(str, range(1, initial + 2))]


def test_no_file_no_history(tmp_path):
    assert read_history(tmp_path / "metrics.csv") == []


@pytest.mark.parametrize(
    "text", ["epoch,loss\n1,much\n", "loss\n1\n", "epoch,loss\n1,2,3\n", "\xff"]
)
def test_a_damaged_history_is_a_sentence(tmp_path, text):
    path = tmp_path / "metrics.csv"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"metrics\.csv: is damaged; delete it"):
        read_history(path)
