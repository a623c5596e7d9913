"""Every row of the paper's tables, end to end, on a miniature of VOC 2012 with small networks."""

import json
from collections import Counter
from pathlib import Path

import pytest
import tensorflow as tf

pytest.importorskip("tensorflow_datasets")

from miniature_voc import MiniatureVoc

from gain_tf.config import load_config
from gain_tf.config.load import changed
from gain_tf.training.history import read_history
from gain_tf.training.rows import attention_row, rows_of
from gain_tf.training.run import fit_run
from gain_tf.training.run_folder import row_folder

TABLES = Path(__file__).parents[2] / "configs" / "voc2012" / "tables.yaml"

SMALL = {
    "data.voc2012.part": True,
    "data.image_size": [32, 32],
    "model.backbone": "efficientnet_lite0",
    "model.head": "truncate",
    "model.target_layer": "block2a_expand_relu6",
    "model.weights": None,
    "training.epochs": 1,
    "training.steps_per_epoch": 1,
    "training.jit": False,
    "cues.cells": [4, 4],
    "segmenter.network": "deeplab_efficientnet_lite0",
    "segmenter.weights": None,
    "segmenter.output_stride": 16,
    "segmenter.batch_size": 2,
    "segmenter.epochs": 1,
    "segmenter.steps_per_epoch": 1,
    # The one at full size starts a pool of processes for each row, and is tested by itself.
    "segmenter.inference.crf": "reduced",
    "evaluation.figures": 1,
    "evaluation.intervals": 0,
}


def small(row):
    """What a row changes, as small: two images with annotation, the network of all."""
    sizes = ("segmenter.network", "segmenter.batch_size", "segmenter.epochs")
    kept = {key: value for key, value in row.items() if key not in sizes}
    # Budgets stay apart, or rows would share an attention network.
    counts = {100: 1, 732: 2, 200: 1, 400: 2, 900: 3, 1464: 4}
    return {
        key: counts[value] if key.startswith("data.budget.") else value
        for key, value in kept.items()
    }


@pytest.fixture
def eagerly():
    """One step a network: what would be compiled for it takes longer than the step."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Where the archives of the miniature lie, and its records."""
    root = tmp_path_factory.mktemp("voc")
    archives = MiniatureVoc(root / "folders").pack(root / "archives")
    return {"data.root": str(archives), "data.voc2012.data_dir": str(root / "records")}


def group_of(name):
    """Which of the tables' groups a row belongs to: its annotation."""
    parts = name.split("-")
    return parts[1] if parts[0] == "GAIN" and len(parts) > 1 else "none"


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore:__array__ implementation:DeprecationWarning",
    "ignore:Even though the `tf.config.experimental_run_functions_eagerly`:UserWarning",
)
@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize("group", ["none", "b", "bp", "p"])
def test_each_row_of_the_tables_runs_end_to_end(places, tmp_path, group):
    tables = load_config(TABLES)
    rows = {name: small(row) for name, row in tables.evaluation.rows.items()}
    wanted = [row.name for row in rows_of(tables) if group_of(row.name) == group]
    own = {"run.root": str(tmp_path), "run.rows": wanted, "evaluation.rows": rows}
    config = changed(tables, {**SMALL, **places, **own})
    run = fit_run(config)
    made = rows_of(config)
    for row in (each for each in made if each.name in wanted):
        folder = row_folder(run, row.name)
        supervised = row.config.segmenter.supervision == "masks"
        method = "supervised" if supervised else row.config.segmenter.method
        judged = json.loads((folder / "segmenter" / "evaluation.json").read_text())["segmentation"]
        assert judged["of"] == f"segmenter ({method})"
        assert judged["images"] == 1
        assert set(judged["per_class"]) >= {"background", "tvmonitor"}
        history = read_history(folder / "segmenter" / "metrics.csv")
        assert [0 <= epoch["val_miou"] <= 1 for epoch in history] == [True]
        shares = attention_row(made, row).name != row.name
        assert (folder / "model.keras").is_file() != shares


def test_every_row_is_in_a_group():
    counts = Counter(group_of(row.name) for row in rows_of(load_config(TABLES)))
    assert counts == {"none": 4, "b": 8, "bp": 4, "p": 8}
