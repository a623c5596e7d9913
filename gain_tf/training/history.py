"""`metrics.csv`: a row an epoch, a column a loss term."""

import csv
from pathlib import Path
from typing import Any

import keras

from gain_tf.errors import UserError
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
    """Read `metrics.csv`; empty where there is none.

    Raises:
        UserError: it holds something else than epochs and numbers.
    """
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                {key: float(value) for key, value in row.items() if value}
                for row in csv.DictReader(file)
            ]
    except (ValueError, TypeError, csv.Error):
        rows = [{}]
    if not all("epoch" in row for row in rows):
        raise UserError(
            f"{path}: is damaged; delete it, and run.resume=true goes on without the rows of the "
            "epochs that are done"
        )
    return rows
