"""Study files: a base config and what is varied about it."""

import pytest

from gain_tf.config import ConfigError
from gain_tf.config.load import row_of
from gain_tf.config.study import CONTROLS, LONGER, load_study, pairs_of_rows

BASE = """
name: base
training: {epochs: 3}
data: {budget: {boxes: 4}}
evaluation: {rows: {mine: {guidance.omega: 2.0}}}
"""


@pytest.fixture
def written(tmp_path):
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")

    def write(text):
        path = tmp_path / "study.yaml"
        path.write_text(f"name: s\nbase: base.yaml\n{text}", encoding="utf-8")
        return path

    return write


def test_the_controls_stand_beside_the_base_s_own_rows(written):
    study, base = load_study(written(""))
    assert list(base.evaluation.rows) == ["mine", LONGER, *CONTROLS]
    assert base.evaluation.rows[LONGER]["training.epochs"] == 6
    assert base.evaluation.baseline
    assert study.seeds == (1, 2, 3)


def test_what_is_set_holds_for_all(written):
    _, base = load_study(
        written("set: {training.epochs: 5}\ncontrols: [swap]\nrows: {x: {seed: 4}}")
    )
    assert base.training.epochs == 5
    assert list(base.evaluation.rows) == ["mine", "swap", "x"]


def test_a_control_that_is_there_is_not_trained_twice(written):
    _, base = load_study(written("set: {evaluation.rows: {alone: {guidance.omega: 0.0}}}"))
    assert "mining alone" not in base.evaluation.rows


def test_overrides(written):
    overrides = ["seeds=[7]", "set.data.batch_size=9", "grid.data.budget.boxes=[1]", "controls=[]"]
    study, base = load_study(written("grid: {data.budget.boxes: [2, 3]}"), overrides)
    assert (study.seeds, study.grid) == ((7,), {"data.budget.boxes": [1]})
    assert (base.data.batch_size, base.data.budget.boxes) == (9, 4)


def test_guided_is_held_against_all_others_unless_the_study_says(written):
    study, base = load_study(written("controls: [swap]"))
    others = ("baseline", "mine", "swap")
    assert pairs_of_rows(study, base) == [("guided", other) for other in others]
    study, base = load_study(
        written("controls: [swap]\nagainst: {swap: [mine, baseline], guided: [swap]}")
    )
    named = [("swap", "mine"), ("swap", "baseline"), ("guided", "swap")]
    assert pairs_of_rows(study, base) == named
    assert pairs_of_rows(*load_study(written("against: {}"))) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seed: 1", "unknown key 'seed'; did you mean 'seeds'"),
        ("seeds: []", "seeds: must be a list of at least 1"),
        ("seeds: [1, 1]", "must name each seed once"),
        ("controls: [rollled]", "unknown control 'rollled'; did you mean 'rolled'"),
        ("set: {training.epoch: 3}", "set: unknown key 'training.epoch'"),
        ("rows: {x: {data.name: camera}}", "data.name is the same for all rows"),
        ("grid: {data.budget.boxes: []}", r"grid.*must be a list of at least 1"),
        ("grid: {data.budget.boxes: [2, 2]}", "data.budget.boxes must name each value once"),
        ("grid: {seed: [7, 8]}", "grid: seed: the study's own key seeds"),
        ("set: {seed: 7}", "set: seed: the study's own key seeds"),
        ("set: {run: {root: x}}", "set: run.root: a study settles this itself"),
        ("set: {evaluation: {control: true}}", "evaluation.control: a study settles this"),
        ("set: &s {a: *s}", "line 3, column 6: a value holds itself, by its anchor"),
        ("grid: &g {a: [*g]}", "line 3, column 7: a value holds itself, by its anchor"),
        ("seeds: [true]", "true and false mean nothing here"),
        ("parallel: 0", "parallel"),
        (
            "set: {evaluation.rows: {swap: {data.background_swap: 0.5}}}",
            "base.yaml has a row 'swap' that is not the control of this name; rename it",
        ),
        ("against: {guide: [mine]}", "against: there is no row 'guide'; did you mean 'guided'"),
        (
            "controls: [rolled]\nagainst: {mine: [swop, rolled, mine]}",
            r"there is no row 'swop'; known are [^\n]*\n[^\n]*: against: 'mine' is held against it",
        ),
    ],
)
def test_mistakes_are_sentences(written, text, said):
    with pytest.raises(ConfigError, match=said):
        load_study(written(text))


def test_a_wrong_seed_is_told_once(written):
    with pytest.raises(ConfigError) as caught:
        load_study(written("seeds: [-1]"))
    assert str(caught.value).endswith("study.yaml: seeds.0: must be at least 0, not -1")
    assert len(str(caught.value).splitlines()) == 1


def test_a_base_that_is_not_there(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text("name: s\nbase: nowhere.yaml\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file"):
        load_study(path)


def test_the_plain_rows_stay_plain_whatever_losses_the_base_lists(written):
    _, base = load_study(written("set: {guidance.losses: [{name: energy, weight: 2}]}"))
    plain = base.evaluation.rows["plain-longer"]
    assert not row_of(base, plain).guidance.guides
    assert base.guidance.guides
