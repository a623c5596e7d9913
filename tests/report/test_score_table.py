"""The table of scores."""

import pytest
from support import full_disk

from gain_tf.report.score_table import ScoreTable


def test_a_full_disk_names_the_table(tmp_path):
    table = ScoreTable(tmp_path / "scores.csv", ["image", "written", "score a"])
    table.begin([], {}, lambda _: True)
    with full_disk(100), pytest.raises(OSError, match="File too large") as raised:
        table.add([["x.png", "x", "0.123456"]] * 10)
    assert raised.value.filename == str(table.path)
