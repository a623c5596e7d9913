"""A whole study, as a user types it: resumed, enlarged, with a run that fails."""

import csv
from pathlib import Path

import pytest
import yaml
from support import TINY

from gain_tf.cli import status
from gain_tf.folders import alone_in
from gain_tf.study import study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A study of two budgets and one seed, done."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "base.yaml").write_text(yaml.safe_dump(TINY), encoding="utf-8")
    text = {
        "name": "tiny",
        "base": "base.yaml",
        "root": str(folder / "studies"),
        "seeds": [1],
        "grid": {"data.budget.boxes": [2, 4]},
        "controls": ["rolled"],
        "set": {"training.epochs": 1},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    assert go(folder) == 0
    return folder


def go(folder, *overrides):
    arguments = [str(folder / "study.yaml"), *(f"--set={each}" for each in overrides)]
    return status(study, "gain-tf study", arguments)


def finished(folder):
    return sorted(path.parent for path in folder.glob("studies/tiny/runs/*/*/report.html"))


def models(folder):
    found = folder.glob("studies/tiny/runs/*/*/**/model.keras")
    return {path: path.stat().st_mtime_ns for path in found}


def lines(folder):
    with (folder / "studies/tiny/study.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_row_of_every_run_is_there(place):
    found = [(line["data.budget.boxes"], line["row"], line["seed"]) for line in lines(place)]
    assert sorted(found) == [
        (boxes, row, "1") for boxes in "24" for row in ("baseline", "guided", "rolled")
    ]
    annotated = {(line["row"], line["annotated"]) for line in lines(place)}
    assert ("baseline", "0") in annotated
    assert ("guided", "2") in annotated
    assert all(0 <= float(line["classification.accuracy"]) <= 1 for line in lines(place))
    assert all(Path(line["folder"], "evaluation.json").is_file() for line in lines(place))


def test_the_page_says_its_command_and_seeds(place):
    page = (place / "studies/tiny/study.html").read_text(encoding="utf-8")
    assert f"gain-tf study {place / 'study.yaml'}" in page
    assert page.count("data:image/png;base64,") == 2
    assert "threshold of IoU was chosen on the validation split." in page
    table = (place / "studies/tiny/study.md").read_text(encoding="utf-8")
    assert "seeds 1" in table
    assert "Accuracy against energy in mask, a point a row; the line joins" in page
    assert "What annotation buys: figures against the images that carry some." in page
    assert table.count("| boxes 2: ") == 3 + 2
    assert "Rows over one another" in page
    over = [line.split("|")[1:3] for line in table.splitlines() if ": guided | " in line]
    assert [" boxes 2: guided ", " rolled "] in over


def test_what_is_done_is_not_done_again_and_more_is_added(place, capfd):
    before = {folder: (folder / "report.html").stat().st_mtime_ns for folder in finished(place)}
    assert len(before) == 2
    assert go(place, "seeds=[1,2]", "grid.data.budget.boxes=[2]") == 0
    assert "boxes-2_seed-2 done, none left" in capfd.readouterr().out
    after = {folder: (folder / "report.html").stat().st_mtime_ns for folder in finished(place)}
    assert len(after) == 3
    assert before.items() <= after.items()
    assert {line["seed"] for line in lines(place)} == {"1", "2"}


def test_a_row_is_added_to_runs_that_are_done(place):
    before = models(place)
    runs = finished(place)
    one = ("seeds=[1]", "grid.data.budget.boxes=[2]")
    assert go(place, *one, "controls=[rolled, mining alone]") == 0
    assert finished(place) == runs
    assert {line["row"] for line in lines(place)} == {
        "baseline",
        "guided",
        "rolled",
        "mining alone",
    }
    after = models(place)
    assert before.items() <= after.items()
    assert [path.parent.name for path in after.keys() - before.keys()] == ["mining alone"]
    # And with fewer rows again, nothing is to do.
    assert go(place, *one) == 0
    assert finished(place) == runs
    assert {line["row"] for line in lines(place)} == {"baseline", "guided", "rolled"}
    # And with another one, it alone is trained; the run's own report keeps the row before it.
    assert go(place, *one, "rows.no mining={guidance.alpha: 0.0}") == 0
    assert finished(place) == runs
    [added] = models(place).keys() - after.keys()
    assert added.parent.name == "no mining"
    assert "no mining" in {line["row"] for line in lines(place)}
    assert "mining alone" not in {line["row"] for line in lines(place)}
    report = (added.parents[1] / "report.html").read_text(encoding="utf-8")
    assert "no mining" in report
    assert "mining alone" in report


def test_a_row_that_fails_costs_nothing_that_is_done(place, capfd):
    before = models(place)
    controls = "controls=[rolled, mining alone]"
    one = ("seeds=[1]", "grid.data.budget.boxes=[2]", controls)
    rows = {"baseline", "guided", "rolled", "mining alone"}
    broken = "rows.broken={training.optimizer.learning_rate: 1.0e+30, training.epochs: 2}"
    assert go(place, *one, broken) == 1
    assert "1 of 1 runs failed: boxes-2_seed-1" in capfd.readouterr().err
    assert "diverged" in (place / "studies/tiny/study.html").read_text(encoding="utf-8")
    assert {line["row"] for line in lines(place)} == rows
    # Without it, all is done.
    assert go(place, *one) == 0
    assert before.items() <= models(place).items()
    new = models(place).keys() - before.keys()
    assert {path.parent.name for path in new} <= {"broken", "mining alone"}
    assert {line["row"] for line in lines(place)} == rows


def test_runs_side_by_side_are_those_of_one_after_the_other(place):
    assert go(place, "seeds=[1]") == 0
    apart = {(line["data.budget.boxes"], line["row"]): line for line in lines(place)}
    assert go(place, "seeds=[1]", "parallel=2", f"root={place / 'beside'}") == 0
    with (place / "beside/tiny/study.csv").open(newline="", encoding="utf-8") as file:
        beside = {(line["data.budget.boxes"], line["row"]): line for line in csv.DictReader(file)}
    assert beside.keys() == apart.keys()
    for key, line in beside.items():
        name = "classification.accuracy"
        assert float(line[name]) == pytest.approx(float(apart[key][name]), abs=1e-6)


def test_a_run_that_fails_does_not_stop_the_others(place, capfd):
    assert go(place, "grid.data.budget.boxes=[99, 2]") == 1
    said = capfd.readouterr().err
    assert "1 of 2 runs failed: boxes-99_seed-1" in said
    page = (place / "studies/tiny/study.html").read_text(encoding="utf-8")
    assert "99 annotated images asked for, 8 are there" in page
    assert {line["data.budget.boxes"] for line in lines(place)} == {"2"}


def test_a_run_that_lost_its_predictions_is_judged_again(place, capfd):
    # A study of its own: in the others' another run may have the rows that this one has lost.
    one = ("seeds=[1]", "grid.data.budget.boxes=[2]", f"root={place / 'lost'}")
    assert go(place, *one) == 0
    [path] = (place / "lost/tiny/runs").glob("*/*/rolled/predictions.csv")
    whole = path.read_text()
    path.write_text(whole.splitlines()[0] + "\n")
    assert go(place, *one) == 2
    assert f"{path}: is damaged; delete it, and run.resume=true" in capfd.readouterr().err
    path.unlink()
    assert go(place, *one) == 0
    assert path.read_text() == whole


def test_a_page_that_was_not_written_is_not_named(place, capfd):
    assert go(place, "name=nothing", "grid.data.budget.boxes=[99]") == 1
    said = capfd.readouterr()
    assert "1 of 1 runs failed" in said.err
    assert "study.html" not in said.out


def test_one_study_at_a_time_works_in_its_folder(place, capfd):
    with alone_in(place / "studies/tiny"):
        assert go(place, "seeds=[1]") == 2
    assert "another process is at work in this folder" in capfd.readouterr().err
    assert go(place, f"root={place / 'study.yaml'}") == 2
    assert "root: the folder" in capfd.readouterr().err
