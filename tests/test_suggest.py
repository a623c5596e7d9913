"""`gain-tf suggest` as a user calls it: the list, the sheet, and a run that takes the list."""

import csv

import pytest
from PIL import Image
from support import tiny_config

from gain_tf.cli import status
from gain_tf.config import ConfigError
from gain_tf.data.registry import load_data
from gain_tf.suggest import suggest
from gain_tf.training.run import fit_run
from gain_tf.training.train import annotated_split

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fit_run(tiny_config(training__epochs=1, run__root=tmp_path_factory.mktemp("runs")))


def go(*arguments):
    return status(suggest, "gain-tf suggest", [str(each) for each in arguments])


def test_the_list_the_sheet_and_the_budget_that_takes_it(run, tmp_path, capsys):
    assert go(run, "-n", 3, "--beside", run, "--out", tmp_path) == 0
    assert "3 images suggested in" in capsys.readouterr().out
    with (tmp_path / "suggestions.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["rank"] for line in lines] == ["1", "2", "3"]
    signals = ["off_consensus", "disagreement", "staked", "class_need"]
    assert list(lines[0]) == ["rank", "id", "labels", "score", *signals]
    # The run beside is the run itself: nobody disagrees.
    assert {line["disagreement"] for line in lines} == {"0.000000"}
    with Image.open(tmp_path / "suggestions.png") as picture:
        assert picture.size[0] > 2 * picture.size[1]
    data = load_data(tiny_config().data)
    taken = annotated_split(tiny_config(), data)
    had = {name for name, has in zip(taken.ids, taken.has_boxes, strict=True) if has}
    assert not had & {line["id"] for line in lines}
    config = tiny_config(data__budget={"boxes": 2, "listed": tmp_path / "suggestions.csv"})
    kept = annotated_split(config, data)
    now = {name for name, has in zip(kept.ids, kept.has_boxes, strict=True) if has}
    assert now == {line["id"] for line in lines[:2]}


def test_mistakes_are_one_sentence(run, tmp_path, capsys):
    assert go(tmp_path) == 2
    assert "is no run folder" in capsys.readouterr().err
    assert go(run, "--row", "none") == 2
    assert "has no row 'none'" in capsys.readouterr().err
    config = tiny_config(data__budget={"boxes": 2, "listed": tmp_path / "missing.csv"})
    data = load_data(config.data)
    with pytest.raises(ConfigError, match=r"data\.budget\.listed: .* cannot be read: No such"):
        annotated_split(config, data)
