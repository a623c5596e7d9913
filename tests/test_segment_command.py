"""`gain-tf segment` on a tiny segmenter: its parts, and what it refuses."""

import importlib.util
import json

import keras
import numpy as np
import pytest
from PIL import Image

import gain_tf
from gain_tf.cli import status
from gain_tf.config import parse_config, write_config
from gain_tf.segment import segment

# Keras 3.15 hands NumPy 2 its variables in a way that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    (folder / "segmenter").mkdir(parents=True)
    settings = {"network": "deeplab_efficientnet_lite0", "inference": {"crf": "none"}}
    data = {"name": "folder", "image_size": [8, 8]}
    config = parse_config({"name": "t", "data": data, "segmenter": settings})
    write_config(config, folder / "config.yaml")
    classes = {"class_names": ["a", "b"], "single_label": True}
    (folder / "classes.json").write_text(json.dumps(classes), encoding="utf-8")
    images = keras.Input((8, 8, 3))
    logits = keras.layers.Conv2D(3, 3, 2, "same", name="logits")(images)
    gain_tf.WeakSegmenter(keras.Model(images, logits)).save(folder / "segmenter" / "model.keras")
    return folder


@pytest.fixture
def images(tmp_path, rng):
    folder = tmp_path / "images"
    folder.mkdir()
    for name in "vwxyz":
        Image.fromarray(rng.integers(0, 255, (20, 30, 3), np.uint8)).save(folder / f"{name}.png")
    return folder


def call(*arguments):
    return status(segment, "gain-tf segment", [str(each) for each in arguments])


def test_the_parts_together_are_the_whole(run, images, tmp_path, capsys):
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert call(run, images, "--out", whole) == 0
    assert call(run, images, "--out", out, "--shard", "2/2") == 0
    assert sorted(path.stem for path in (out / "masks").iterdir()) == ["w", "y"]
    assert call(run, images, "--out", out, "--shard", "1/2") == 0
    capsys.readouterr()
    assert call(run, images, "--out", out) == 0
    assert "5 of 5 images segmented" in (said := capsys.readouterr().out)
    assert "0 of them now" in said
    for path in sorted(whole.glob("*/*.png")):
        assert (out / path.relative_to(whole)).read_bytes() == path.read_bytes()


def test_an_archive_holds_all_masks(run, images, tmp_path, capsys):
    options = ["--shard", "1/2", "--voc-archive", tmp_path / "x.tar.gz"]
    assert call(run, images, "--out", tmp_path / "out", *options) == 2
    assert "--voc-archive packs all masks: leave --shard out" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_archive_that_the_test_server_refuses_is_refused_first(run, images, tmp_path, capsys):
    options = ["--out", tmp_path / "out", "--voc-archive", tmp_path / "x.zip"]
    assert call(run, images, *options) == 2
    assert f"{tmp_path / 'x.zip'}: the test server wants a .tar.gz" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_crf_that_is_not_to_be_had_leaves_the_folder_to_another(
    run, images, tmp_path, capsys, monkeypatch
):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "pydensecrf" else find(name)
    )
    options = [run, images / "v.png", "--out", tmp_path / "out"]
    assert call(*options, "--crf", "full") == 2
    assert "there is the CRF at reduced size" in capsys.readouterr().err
    assert call(*options, "--crf", "reduced") == 0


@pytest.mark.parametrize("scales", ["nan", "1,inf", "1e9", "0", "-1"])
def test_scales_that_no_image_can_have(run, images, tmp_path, capsys, scales):
    assert call(run, images, "--out", tmp_path / "out", "--scales", scales) == 2
    assert "--scales: scales must be one or more numbers above 0, at" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
