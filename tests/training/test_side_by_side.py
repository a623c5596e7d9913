"""Rows trained side by side: the results of rows trained in turn."""

import os
import pickle

import numpy as np
import pytest
from support import tiny_config

from gain_tf.config import ConfigError
from gain_tf.data.bad_images import BadImages
from gain_tf.data.files import DataError
from gain_tf.data.registry import load_data
from gain_tf.errors import FailedError
from gain_tf.models.loading import load_gain
from gain_tf.training.row_processes import RowProcesses
from gain_tf.training.rows import rows_of
from gain_tf.training.side_by_side import finish_side_by_side
from gain_tf.training.train import train

pytestmark = [
    pytest.mark.slow,
    # Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


def finish(config, data, folder, processes, said):
    rows = rows_of(config)
    return finish_side_by_side(
        rows,
        rows,
        data,
        folder,
        BadImages(None, 0),
        None,
        processes=processes,
        say=said.append,
    )


def test_rows_come_out_as_in_turn_whatever_becomes_of_another(tmp_path):
    config = tiny_config(
        evaluation__baseline=True,
        training__epochs=1,
        # There are no as many masks, which is known when the row is trained.
        evaluation__rows={"no-masks": {"data.budget.masks": 100}},
    )
    rows, data, said = rows_of(config), load_data(config.data), []
    with pytest.raises(ConfigError, match="masks"):
        finish(config, data, tmp_path, RowProcesses(2, 2), said)
    assert any(text.startswith("no-masks failed: data.budget.masks: 100") for text in said)
    assert (tmp_path / "model.keras").is_file()
    in_turn = train(rows[0].config, data, tmp_path / "in-turn")
    beside = load_gain(tmp_path / "baseline" / "model.keras")
    for one, other in zip(in_turn.get_weights(), beside.get_weights(), strict=True):
        # The number of threads decides the order in which numbers are added.
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_a_process_that_ended_before_there_was_a_row_is_a_sentence(tmp_path):
    config, processes = tiny_config(evaluation__baseline=True), RowProcesses(1, 1)
    assert processes.submit(os._exit, 1).exception() is not None
    with pytest.raises(FailedError, match="was ended from outside"):
        finish(config, load_data(config.data), tmp_path, processes, [])


def test_problems_of_data_cross_to_another_process_whole():
    error = pickle.loads(pickle.dumps(DataError(["a.png: broken", "b.png: broken"])))
    assert error.problems == ["a.png: broken", "b.png: broken"]
    assert str(error) == "a.png: broken\nb.png: broken"
