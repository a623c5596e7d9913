"""`gain-tf cues` on a tiny run: what it writes, what it leaves alone, what it refuses."""

import json
import os
import time

import numpy as np
import pytest
from PIL import Image

from gain_tf.cli import status
from gain_tf.config import Config, load_config, write_config
from gain_tf.cues import cues
from gain_tf.data.decode import read_mask
from gain_tf.data.registry import load_data
from gain_tf.folders import LEFT_BEHIND

# Keras 3.15 hands NumPy 2 its variables in a way that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SHAPES = {"train": 20, "validation": 20, "test": 20}


@pytest.fixture
def run(tmp_path, make_gain, make_head):
    """A run folder with an untrained network of six classes, and its data."""
    folder = tmp_path / "run"
    folder.mkdir()
    data = {"name": "shapes", "image_size": (8, 8), "shapes": SHAPES}
    config = Config.model_validate({"name": "t", "data": data, "cues": {"cells": [5, 6]}})
    write_config(config, folder / "config.yaml")
    loaded = load_data(config.data)
    classes = {"class_names": list(loaded.class_names), "single_label": False}
    (folder / "classes.json").write_text(json.dumps(classes), encoding="utf-8")
    make_gain(head=make_head(classes=6)).save(folder / "model.keras")
    return folder, loaded


def call(*arguments):
    try:
        return status(cues, "gain-tf cues", [str(each) for each in arguments])
    except SystemExit as exit_:
        return exit_.code


def test_every_image_gets_labels_arrays_and_a_verdict(run, capsys):
    folder, data = run
    assert call(folder, "--batch-size", 7) == 0
    split, out = data.splits["train"], folder / "cues" / "train"
    for index, name in enumerate(split.ids):
        allowed = {0, 255, *(np.flatnonzero(split.labels[index]) + 1)}
        labels = read_mask(out / "labels" / f"{name}.png")
        assert labels.shape == (8, 8)
        assert set(np.unique(labels)) <= allowed
        with np.load(out / "arrays" / f"{name}.npz") as arrays:
            assert arrays["cues"].dtype == bool
            assert arrays["cues"].shape == (7, 5, 6)
            assert arrays["cues"].sum(axis=0).max() <= 1
            assert set(np.flatnonzero(arrays["cues"].any(axis=(1, 2)))) <= allowed
    with Image.open(out / "sweep.png") as curve, Image.open(out / "confusion_matrix.png"):
        assert curve.width > 600
    figures = json.loads((out / "cues.json").read_text())
    assert figures["images"] == 20
    assert figures["settings"]["threshold"] == 0.2
    evaluation = figures["evaluation"]
    best = max(evaluation["sweep"], key=lambda step: step["miou"])
    assert evaluation["best"]["miou"] == pytest.approx(best["miou"], abs=1e-12)
    assert evaluation["best"]["threshold"] == best["threshold"]
    assert f"best threshold {best['threshold']:g}" in capsys.readouterr().out


@pytest.mark.slow
def test_what_is_done_is_not_made_again_and_what_is_missing_is(run, capsys):
    folder, data = run
    assert call(folder) == 0
    out, (first, second) = folder / "cues" / "train", data.splits["train"].ids[:2]
    kept = out / "labels" / f"{second}.png"
    before = kept.stat().st_mtime_ns
    (out / "labels" / f"{first}.png").unlink()
    left = out / "labels/.writing-x.png"
    left.touch()
    long_ago = time.time() - LEFT_BEHIND - 60
    os.utime(left, (long_ago, long_ago))
    capsys.readouterr()
    assert call(folder) == 0
    assert not left.exists()
    assert "20 of 20 images have cues" in (said := capsys.readouterr().out)
    assert "1 of them new" in said
    assert kept.stat().st_mtime_ns == before


@pytest.mark.slow
def test_parts_are_made_apart_and_judged_together(run, tmp_path, capsys):
    folder, _ = run
    whole, out = tmp_path / "whole", tmp_path / "out"
    none = ["--set", "cues.background.source=none"]
    assert call(folder, "--out", whole, *none) == 0
    for part in (1, 2, 3):
        assert call(folder, "--out", out, "--shard", f"{part}/3", *none) == 0
        assert not (out / "cues.json").exists()
    assert "6 of 6 images of part 3/3 have cues in" in capsys.readouterr().out
    assert call(folder, "--out", out, *none) == 0
    assert "0 of them new" in capsys.readouterr().out
    assert json.loads((out / "cues.json").read_text()) == json.loads(
        (whole / "cues.json").read_text()
    )
    for path in sorted(whole.rglob("labels/**/*.png")):
        same = out / path.relative_to(whole)
        np.testing.assert_array_equal(read_mask(same), read_mask(path))


@pytest.mark.slow
def test_cues_of_other_settings_are_not_mixed_in(run, tmp_path, capsys):
    folder, _ = run
    none = ["--set", "cues.background.source=none"]
    assert call(folder, *none) == 0
    assert call(folder, *none, "--set", "cues.threshold=0.3") == 2
    said = capsys.readouterr().err
    assert "holds cues that were made otherwise (cues.threshold: 0.2, now 0.3)" in said
    assert call(folder, *none, "--set", "cues.threshold=0.3", "--out", tmp_path / "other") == 0


@pytest.mark.slow
def test_saliency_maps_that_are_missing_leave_the_folder_to_other_settings(run, tmp_path, capsys):
    folder, _ = run
    maps = ["--set", "cues.background.source=folder", "--set", f"cues.background.folder={tmp_path}"]
    assert call(folder, *maps) == 2
    assert "is not there" in capsys.readouterr().err
    assert call(folder, "--set", "cues.background.source=none") == 0


@pytest.mark.slow
def test_what_is_set_goes_before_what_a_row_changes(run, tmp_path):
    folder, _ = run
    config = load_config(folder / "config.yaml")
    rows = {"eager": {"cues.threshold": 0.4, "cues.background.source": "none"}}
    evaluation = {"baseline": False, "rows": rows}
    written = config.model_dump(mode="json") | {"evaluation": evaluation}
    write_config(Config.model_validate(written), folder / "config.yaml")
    (folder / "eager").mkdir()
    (folder / "model.keras").rename(folder / "eager" / "model.keras")
    for threshold, options in ((0.4, []), (0.3, ["--set", "cues.threshold=0.3"])):
        out = tmp_path / str(threshold)
        assert call(folder, "--row", "eager", "--out", out, *options) == 0
        settings = json.loads((out / "cues.json").read_text())["settings"]
        assert settings["threshold"] == threshold
        assert settings["background"]["source"] == "none"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--split", "trian"], "shapes has no split 'trian'; it has train"),
        (["--set", "training.epochs=3"], "the run is trained; cues can change keys of the section"),
        (["--set", "cues.treshold=3"], "did you mean 'threshold'?"),
        (["--set", "cues.threshold=1"], "must be less than 1"),
        (["--set", "cues.background.source=folder"], "needs folder"),
        (["--set", "cues.scales=[1, 2]"], "the network takes images of 8 x 8 alone"),
    ],
)
def test_mistakes_are_sentences(run, capsys, options, said):
    folder, _ = run
    assert call(folder, *options) == 2
    assert said in capsys.readouterr().err
    assert not (folder / "cues").exists()
