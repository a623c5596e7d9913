import csv
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from permissions import denied
from PIL import Image

from gain_tf.cli import status
from gain_tf.config import Config, write_config
from gain_tf.explain import explain
from gain_tf.report.explanations import Names

NAMES = ["a", "b", "c d"]

# Keras 3.15 hands NumPy 2 its variables in a way that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def run(tmp_path, make_gain):
    folder = tmp_path / "run"
    folder.mkdir()
    # A data set that is not there: explain must not want it.
    settings = {"name": "folder", "root": tmp_path / "gone", "image_size": (8, 8)}
    write_config(Config.model_validate({"name": "t", "data": settings}), folder / "config.yaml")
    (folder / "classes.json").write_text(
        json.dumps({"class_names": NAMES, "single_label": True}), encoding="utf-8"
    )
    make_gain(activation="softmax").save(folder / "model.keras")
    return folder


@pytest.fixture
def images(tmp_path, rng):
    folder = tmp_path / "images"
    (folder / "deep").mkdir(parents=True)
    for name in ("x.tif", "x.bmp", "deep/y.1.jpg"):
        pixels = rng.integers(0, 255, (20, 30, 3), np.uint8)
        Image.fromarray(pixels).save(folder / name)
    # The mask of a photograph, beside it.
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(folder / "deep/y.1.png")
    return folder


def call(*arguments):
    try:
        return status(explain, "gain-tf explain", [str(each) for each in arguments])
    except SystemExit as exit_:
        return exit_.code


def scores(out):
    return read(out / "scores.csv")


def read(path):
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def test_an_image_that_comes_later_takes_no_other_s_name(run, images, tmp_path):
    out = tmp_path / "out"
    later = (images / "x.bmp").rename(tmp_path / "x.bmp")
    assert call(run, images, "--out", out) == 0
    before = (out / "x.npy").read_bytes()
    later.rename(images / "x.bmp")
    assert call(run, images, "--out", out) == 0
    assert (out / "x.npy").read_bytes() == before
    written = {Path(row["image"]).name: row["written"] for row in scores(out)}
    assert written == {"x.tif": "x", "x.bmp": "x.bmp", "y.1.jpg": "deep/y.1"}


def test_every_image_gets_overlay_map_and_scores(run, images, tmp_path):
    out = tmp_path / "out"
    assert call(run, images, "--out", out, "--batch-size", 2) == 0
    rows = scores(out)
    assert sorted(row["written"] for row in rows) == ["deep/y.1", "x.bmp", "x.tif"]
    for row in rows:
        values = [float(row[f"score {name}"]) for name in NAMES]
        assert sum(values) == pytest.approx(1, abs=1e-5)
        assert row["verdict"] == row["explained"] == NAMES[int(np.argmax(values))]
        with Image.open(out / f"{row['written']}.png") as overlay:
            assert overlay.size == (30, 20)
        attention = np.load(out / f"{row['written']}.npy")
        assert attention.dtype == np.float32
        assert attention.shape == (4, 4)
        assert attention.min() >= 0
        assert attention.max() <= 1


def test_several_classes_are_kept_apart(run, images, tmp_path):
    out = tmp_path / "out"
    assert call(run, images / "x.tif", "--out", out, "--classes", "c d,a") == 0
    assert [row["explained"] for row in scores(out)] == ["c d", "a"]
    assert {path.name for path in out.glob("*.npy")} == {"x--c-d.npy", "x--a.npy"}


def test_the_best_come_first(run, images, tmp_path):
    out = tmp_path / "out"
    assert call(run, images / "x.tif", "--out", out, "--top", 3) == 0
    rows = scores(out)
    explained = [float(row[f"score {row['explained']}"]) for row in rows]
    assert len(rows) == 3
    assert explained == sorted(explained, reverse=True)


def test_maps_of_another_model_are_not_mixed_in(run, images, tmp_path, capsys, make_gain):
    arguments = [str(run), str(images), "--out", str(tmp_path / "out")]
    assert status(explain, "gain-tf explain", [*arguments, "--shard", "1/2"]) == 0
    # As after another training in the same place.
    make_gain(activation="softmax").save(run / "model.keras")
    assert status(explain, "gain-tf explain", arguments) == 2
    assert "holds maps of another sha256" in capsys.readouterr().err


def test_what_cannot_be_read_is_listed_and_the_rest_is_done(run, images, tmp_path, capsys):
    (images / "broken.jpg").write_bytes(b"nothing")
    out = tmp_path / "out"
    assert call(run, images, "--out", out) == 1
    assert len(scores(out)) == 3
    assert "broken.jpg: is not an image" in capsys.readouterr().err


def test_overlays_are_not_explained_in_turn(run, images):
    assert call(run, images, "--out", images / "out") == 0
    assert call(run, images, "--out", images / "out") == 0
    assert len(scores(images / "out")) == 3


def test_the_parts_together_are_the_whole(run, images, tmp_path, capsys):
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert call(run, images, "--out", whole) == 0
    for part in ("2/2", "1/2"):
        assert call(run, images, "--out", out, "--shard", part) == 0
    assert [len(read(out / f"scores-{part}-of-2.csv")) for part in (1, 2)] == [2, 1]
    capsys.readouterr()
    assert call(run, images, "--out", out) == 0
    assert "3 of 3 images explained" in (said := capsys.readouterr().out)
    assert "0 of them now" in said
    assert sorted(map(str, scores(out))) == sorted(map(str, scores(whole)))
    for row in scores(whole):
        name = f"{row['written']}.npy"
        np.testing.assert_allclose(np.load(out / name), np.load(whole / name), rtol=0, atol=1e-6)


def test_what_is_done_is_not_done_again_and_what_is_missing_is(run, images, tmp_path, capsys):
    out = tmp_path / "out"
    assert call(run, images, "--out", out, "--top", 2) == 0
    first, *_ = before = scores(out)
    kept = (out / f"{before[-1]['written']}.npy").stat().st_mtime_ns
    (out / f"{first['written']}.png").unlink()
    # The process was killed while it wrote the last line.
    text = (out / "scores.csv").read_bytes()
    (out / "scores.csv").write_bytes(text[:-5])
    capsys.readouterr()
    assert call(run, images, "--out", out, "--top", 2) == 0
    assert "2 of them now" in capsys.readouterr().out
    assert sorted(map(str, scores(out))) == sorted(map(str, before))
    assert (out / f"{before[-1]['written']}.npy").stat().st_mtime_ns > kept
    assert (out / f"{first['written']}.png").is_file()


def test_a_name_in_another_encoding(run, images, tmp_path):
    odd = images / os.fsdecode(b"\xff\n.png")
    (images / "x.tif").rename(odd)
    for _ in range(2):
        assert call(run, images, "--out", tmp_path / "out") == 0
        assert len(read(tmp_path / "out" / "scores.csv")) == 3
    assert (tmp_path / "out" / os.fsdecode(b"\xff\n.npy")).is_file()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--shard", "3/2"], "they are counted from 1/2 to 2/2"),
        (["--shard", "0/2"], "they are counted from 1/2 to 2/2"),
        (["--shard", "1"], "'1' is no part such as 2/4, the second of four"),
        (["--shard", "a/b"], "'a/b' is no part"),
        (["--shard", "1/0"], "'1/0' is no part"),
        (["--classes", "cd"], "did you mean 'c d'?"),
        (["--top", "4"], "the run has 3 classes"),
        (["--top", "1", "--classes", "a"], "exclude each other"),
        (["--row", "control"], "has no row 'control'"),
    ],
)
def test_mistakes_are_sentences(run, images, tmp_path, capsys, options, sentence):
    assert call(run, images, "--out", tmp_path / "out", *options) == 2
    assert sentence in capsys.readouterr().err


def test_maps_of_other_classes_are_not_mixed_in(run, images, tmp_path, capsys):
    out = tmp_path / "out"
    assert call(run, images, "--out", out) == 0
    assert call(run, images, "--out", out, "--classes", "a") == 2
    assert "holds maps of another classes (explain.json); give --out" in capsys.readouterr().err


def test_images_of_one_name_from_two_folders_are_not_taken_for_each_other(
    run, images, tmp_path, capsys
):
    out, tuesday = tmp_path / "out", tmp_path / "tuesday"
    shutil.copytree(images, tuesday)
    assert call(run, images, "--out", out) == 0
    assert call(run, tuesday, "--out", out) == 2
    assert "holds maps of another set of images (explain.json)" in capsys.readouterr().err


def test_no_image_is_a_mistake(run, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert call(run, tmp_path / "empty", "--out", tmp_path / "out") == 2
    assert call(run, tmp_path / "nowhere", "--out", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "there is no image in" in said
    assert "nowhere: there is no such file" in said


def test_a_folder_that_may_not_be_read_is_no_empty_one(run, images, tmp_path, capsys):
    with denied(images / "deep", 0o300):
        assert call(run, images, "--out", tmp_path / "out") == 2
    assert f"{images / 'deep'}: the folder cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_run(images, tmp_path, capsys):
    assert call(images, images, "--out", tmp_path / "out") == 2
    assert "is no run folder" in capsys.readouterr().err


def test_names_are_kept_apart_whatever_their_case():
    names = Names()
    assert [names.apart(n) for n in ("a", "A", "a-2", "a")] == ["a", "A-2", "a-2-2", "a-3"]
