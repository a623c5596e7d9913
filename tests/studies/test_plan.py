"""Which runs a study consists of."""

import pytest

from gain_tf.config import parse_config
from gain_tf.config.study import LONGER, load_study
from gain_tf.studies.plan import cells


@pytest.fixture
def planned(tmp_path):
    def plan(text, base="name: base"):
        (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
        path = tmp_path / "study.yaml"
        path.write_text(f"name: s\nbase: base.yaml\nseeds: [1]\n{text}", encoding="utf-8")
        return cells(*load_study(path))

    return plan


def test_every_point_with_every_seed(planned):
    found = planned("grid: {data.budget.boxes: [2, 4], guidance.alpha: [0, 1]}")
    assert [cell.point for cell in found] == [
        {"data.budget.boxes": boxes, "guidance.alpha": alpha}
        for boxes in (2, 4)
        for alpha in (0, 1)
    ]
    assert found[1].name == "boxes-2_alpha-1_seed-1"


def test_equal_compute_follows_the_grid(planned):
    found = planned("grid: {training.epochs: [3, 12]}\ncontrols: [plain-longer]")
    assert [cell.config.evaluation.rows[LONGER]["training.epochs"] for cell in found] == [6, 24]


def test_a_row_of_that_name_stays_as_it_is_written(planned):
    row = "rows: {plain-longer: {guidance.alpha: 0, training.epochs: 5}}"
    (cell,) = planned(f"grid: {{training.epochs: [3]}}\ncontrols: []\n{row}")
    assert cell.config.evaluation.rows[LONGER]["training.epochs"] == 5


def test_names_that_files_cannot_have_are_told_apart(planned):
    roots = ["größe", "grüße", *(f"{'x' * 120}{last}" for last in "ab")]
    names = [cell.name for cell in planned(f"grid: {{data.root: {roots}}}")]
    assert len(set(names)) == 4
    assert all(name.isascii() and len(name) < 120 for name in names)


def test_a_study_trains_all_rows_whatever_the_base_asks_for(planned):
    (cell,) = planned("", base="name: base\nrun: {rows: [guided], resume: false}")
    assert cell.config.run.rows is None
    assert cell.config.run.resume
    assert parse_config(cell.config.model_dump(mode="json")) == cell.config
