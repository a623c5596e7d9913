"""What a process does that trains with others and is not their chief: it trains, and no more."""

import time
from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf

from gain_tf.config import Config
from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import DataSet
from gain_tf.errors import UserError
from gain_tf.training.rows import Row, by_network, warm_up_row
from gain_tf.training.run_folder import CONFIG, row_folder
from gain_tf.training.train import train
from gain_tf.training.workers import as_the_chief_says

PATIENCE = 60.0
"""Seconds in which a folder that the chief has made is seen here too."""


def train_with_the_chief(
    config: Config,
    data: DataSet,
    rows: Sequence[Row],
    wanted: Sequence[Row],
    strategy: tf.distribute.Strategy,
) -> Path:
    """Train what the chief trains, in its order; it keeps, judges and reports.

    Args:
        config: of the run, as the chief has it.
        data: the data set, as the chief has it.
        rows: all of the run.
        wanted: those to be trained.
        strategy: of the run.

    Returns:
        The run folder.

    Raises:
        UserError: the chief's folder is not seen here.
        FailedError: another worker has ended, or images broke since they were checked.
    """
    place = config.run.root / config.name
    folder = place / as_the_chief_says(strategy)
    _wait_for(folder / CONFIG)
    bad_images = BadImages(None, config.data.max_bad_images)
    warm_up = warm_up_row(config)
    start = None
    if warm_up is not None:
        start = train(warm_up.config, data, folder / warm_up.name, bad_images=bad_images)
    for name, group in by_network(rows, wanted).items():
        train(group[-1].config, data, row_folder(folder, name), start, bad_images=bad_images)
    # Who leaves while the chief still judges the last row is taken for crashed.
    as_the_chief_says(strategy)
    return folder


def _wait_for(path: Path) -> None:
    end = time.monotonic() + PATIENCE
    while not path.is_file():
        if time.monotonic() > end:
            raise UserError(
                f"run.root: the chief's run folder {path.parent} is not seen by this worker; all "
                "of them need the same disk"
            )
        time.sleep(0.5)
