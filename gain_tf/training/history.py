"""`metrics.csv`: a row an epoch, a column a loss term."""

import csv
from pathlib import Path
from typing import Any

import keras

from gain_tf.files import replacing


class History(keras.callbacks.Callback):
    """Write the metrics of each epoch; rows of a run that is resumed are kept.

    Args:
        path: of the CSV file.
        initial_epoch: rows from this epoch on are written anew.
    """

    def __init__(self, path: Path, initial_epoch: int = 0) -> None:
        super().__init__()
        self.path = path
        self.rows = [
            {**row, "epoch": int(row["epoch"])}
            for row in read_history(path)
            if row["epoch"] <= initial_epoch
        ]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add a row."""
        self.rows.append(
            {"epoch": epoch + 1, **{key: float(value) for key, value in (logs or {}).items()}}
        )
        columns = list(dict.fromkeys(key for row in self.rows for key in row))
        with replacing(self.path) as temporary, temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(self.rows)


def read_history(path: Path) -> list[dict[str, float]]:
    """Read `metrics.csv`; empty where there is none."""
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return [
            {key: float(value) for key, value in row.items() if value}
            for row in csv.DictReader(file)
        ]
