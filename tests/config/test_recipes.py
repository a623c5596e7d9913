"""The configs that come with the library are right, and the paper's tables are all there."""

from pathlib import Path

import pytest

from gain_tf.config import load_config
from gain_tf.config.study import load_study
from gain_tf.studies.plan import cells
from gain_tf.training.rows import attention_row, rows_of

CONFIGS = Path(__file__).parents[2] / "configs"
TABLES = CONFIGS / "voc2012" / "tables.yaml"


STUDIES = CONFIGS / "studies"


def named(path):
    return path.relative_to(CONFIGS).as_posix()


@pytest.mark.parametrize(
    "path", sorted(set(CONFIGS.rglob("*.yaml")) - set(STUDIES.glob("*.yaml"))), ids=named
)
def test_each_is_right(path):
    assert f"--config configs/{path.relative_to(CONFIGS)}" in path.read_text()
    assert rows_of(load_config(path))


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=named)
def test_each_study_is_right(path):
    assert f"gain-tf study configs/{named(path)}" in path.read_text()
    study, base = load_study(path)
    assert cells(study, base)


def test_every_row_of_the_papers_tables_is_there():
    rows = {row.name: row.config for row in rows_of(load_config(TABLES))}
    amounts = {"b": (200, 400, 900, 1464), "bp": (200, 1464), "p": (200, 400, 900, 1464)}
    expected = {"baseline": "sec", "guided": "sec", "GAIN": "gain", "all-masks": "gain"}
    for kind, counts in amounts.items():
        for count in counts:
            expected |= {f"GAIN-{kind}-{count}-SEC": "sec", f"GAIN-{kind}-{count}": "gain"}
            budget = rows[f"GAIN-{kind}-{count}"].data.budget
            assert int(budget.boxes) + int(budget.masks) == count
            assert (budget.boxes == 0, budget.masks == 0) == (kind == "p", kind == "b")
    assert {name: config.segmenter.method for name, config in rows.items()} == expected
    steps = {"sec": ("deeplab_vgg16", 8000), "gain": ("deeplab_resnet101", 20000)}
    for config in rows.values():
        segmenter = config.segmenter
        made = (segmenter.network, segmenter.epochs * (segmenter.steps_per_epoch or 0))
        assert made == steps[segmenter.method]
    assert rows["GAIN-p-200"].segmenter.optimizer.momentum == 0.3
    assert rows["baseline"].guidance.alpha == rows["baseline"].guidance.omega == 0


def test_own_segmenter_and_sec_share_the_attention_network():
    rows = rows_of(load_config(TABLES))
    shared = {row.name: attention_row(rows, row).name for row in rows}
    assert shared["GAIN"] == shared["all-masks"] == shared["guided"] == "guided"
    assert shared["GAIN-p-900"] == shared["GAIN-p-900-SEC"] == "GAIN-p-900-SEC"
    assert len(set(shared.values())) == 12


def test_each_row_of_the_tables_says_what_it_takes_and_what_the_paper_got():
    rows = {row.name: row.config.segmenter for row in rows_of(load_config(TABLES))}
    for name, segmenter in rows.items():
        expected = segmenter.expected
        assert expected.hardware == "one GPU of 24 GB"
        # An own segmenter shares the attention network of its SEC row.
        assert expected.hours == (3 if segmenter.method == "gain" else 9)
        assert (expected.miou is None) == (name == "all-masks")
    published = {name: (each.expected.miou, each.expected.test_miou) for name, each in rows.items()}
    assert published["baseline"] == (50.7, 51.7)
    assert published["guided"] == (55.3, 56.8)
    assert published["GAIN-p-400-SEC"] == (59.4, None)
    assert published["GAIN-p-1464"] == (64.1, 64.4)
    assert published["GAIN-bp-200"] == (61.7, 62.8)
