"""Attention network, cues, segmenter, figures: one run folder, gone on with, and asked."""

import json
import shutil
from dataclasses import dataclass, replace

import keras
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from gain_export.commands import describe, export
from gain_tf.config import parse_config
from gain_tf.cues import cues
from gain_tf.data.bad_images import BadImages
from gain_tf.data.dataset import ArrayPictures
from gain_tf.data.decode import UnreadableImageError, read_mask
from gain_tf.data.registry import load_data
from gain_tf.errors import FailedError
from gain_tf.evaluate import evaluate
from gain_tf.models.loading import load_gain
from gain_tf.segment import segment
from gain_tf.training.history import read_history
from gain_tf.training.open_rows import load_segmenter
from gain_tf.training.run import fit_run
from gain_tf.training.segmenter import finish_segmenter, train_segmenter

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    small = {"network": "deeplab_efficientnet_lite0", "weights": None, "output_stride": 16}
    return parse_config(
        {
            "name": "tiny",
            "data": {
                "name": "shapes",
                "image_size": [48, 48],
                "batch_size": 4,
                "shapes": {"train": 20, "validation": 20, "test": 20},
            },
            "model": {
                "head": "truncate",
                "weights": None,
                "target_layer": "block2a_expand_relu6",
            },
            "guidance": {"omega": 0.0},
            "training": {"epochs": 1, "steps_per_epoch": 1, "jit": False},
            "cues": {"cells": [6, 6]},
            "segmenter": {
                **small,
                "epochs": 1,
                "steps_per_epoch": 1,
                "batch_size": 4,
                "freeze_batch_norm": False,
                "batch_norm_momentum": 0.5,
                "inference": {"crf": "reduced"},
            },
            "evaluation": {
                "figures": 2,
                "intervals": 0,
                "baseline": False,
                "rows": {"upper": {"segmenter.supervision": "masks"}},
            },
            "run": {"root": str(tmp_path_factory.mktemp("runs"))},
        }
    )


def some(config, *rows):
    own = {"resume": True, "rows": rows or None}
    return config.model_copy(update={"run": config.run.model_copy(update=own)})


@pytest.fixture(scope="module")
def one_row(config):
    """The run after one of its rows, and the files that it had then."""
    run = fit_run(some(config, "upper"))
    return run, {path.relative_to(run).as_posix() for path in run.rglob("*")}


@pytest.fixture(scope="module")
def run(config, one_row):
    """The same run, finished."""
    assert fit_run(some(config)) == one_row[0]
    return one_row[0]


def test_one_row_alone_has_the_network_that_it_shares(one_row):
    _, files = one_row
    assert files >= {"upper/segmenter/model.keras", "model.keras"}
    assert not files & {"segmenter", "upper/model.keras", "report.html"}


def test_the_chain_from_labels_to_masks(run):
    # Both rows have one attention network, each its own segmenter.
    assert (run / "model.keras").is_file()
    assert not (run / "upper/model.keras").exists()
    assert len(list((run / "cues/train/arrays").glob("*.npz"))) == 20
    for folder, of in ((run, "sec"), (run / "upper", "supervised")):
        figures = json.loads((folder / "segmenter/evaluation.json").read_text())
        found = figures["segmentation"]
        assert found["of"] == f"segmenter ({of})"
        assert 0 <= found["miou"] <= 1
        assert 0 <= found["without_crf"]["miou"] <= 1
        assert np.sum(found["confusion"]) == 20 * 48 * 48
        assert (folder / "segmenter/confusion_matrix.png").is_file()
        assert len(list((folder / "segmenter/examples").glob("*.png"))) == 2
        assert list(read_history(folder / "segmenter/metrics.csv")[0])[-1] == "val_miou"
    assert "From attention to masks" in (run / "report.html").read_text(encoding="utf-8")
    assert (run / "segmentation.png").is_file()


def test_batch_norms_follow_the_images_as_the_config_says(run):
    network = load_segmenter(run).model.network
    norms = [each for each in network.layers if isinstance(each, keras.layers.BatchNormalization)]
    assert norms
    assert {(each.momentum, each.trainable) for each in norms} == {(0.5, True)}


def test_what_is_done_is_not_done_again(config, run):
    begun = (run / "segmenter/model.keras").stat().st_mtime_ns
    (run / "report.html").unlink()
    assert fit_run(some(config)) == run
    assert (run / "segmenter/model.keras").stat().st_mtime_ns == begun


def test_a_segmenter_that_a_disk_lost_is_made_again_from_the_last_checkpoint(
    config, run, tmp_path, caplog
):
    folder = tmp_path / "segmenter"
    shutil.copytree(run / "segmenter", folder)
    path = folder / "model.keras"
    path.write_bytes(path.read_bytes()[:1000])
    data = load_data(config.data)
    again = train_segmenter(config, data, data.splits["train"], folder, BadImages(None, limit=0))
    assert "model.keras: is no model that can be loaded: it is damaged" in caplog.text
    before = load_segmenter(run).model.get_weights()
    for one, two in zip(before, again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    keras.saving.load_model(path)


def call(command, *arguments):
    done = CliRunner().invoke(command, [str(each) for each in arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_a_row_has_the_cues_and_the_figures_of_the_network_that_it_shares(run):
    said = call(cues, run, "--row", "upper")
    assert f"20 of 20 images have cues in {run}/cues/train, 0 of them new" in said
    rows = json.loads(call(describe, run))["rows"]
    assert rows["upper"]["accuracy"] == rows["guided"]["accuracy"]
    judged = json.loads((run / "upper/segmenter/evaluation.json").read_text())
    assert rows["upper"]["segmenter_miou"] == judged["segmentation"]["miou"]


def test_an_image_that_breaks_is_skipped_up_to_the_limit(config, run, tmp_path):
    @dataclass(frozen=True)
    class Broken(ArrayPictures):
        def image(self, index):
            if index == 3:
                raise UnreadableImageError("3.jpg: cannot be read")
            return super().image(index)

    data = load_data(config.data)
    train = data.splits["train"]
    broken = replace(train, pictures=Broken(train.pictures.images, train.pictures.masks))
    data = replace(data, splits={**data.splits, "train": broken})
    model = load_gain(run / "model.keras")

    def finish(limit):
        bad_images = BadImages(None, limit)
        finish_segmenter(
            config,
            data,
            model,
            tmp_path / "cues",
            tmp_path / "segmenter",
            "x",
            bad_images,
            verbose=False,
        )
        return bad_images.problems

    with pytest.raises(FailedError, match=r"an image cannot be read: 3\.jpg"):
        finish(0)
    assert finish(1) == {train.ids[3]: "3.jpg: cannot be read"}
    assert (tmp_path / "segmenter" / "model.keras").is_file()


def test_images_of_ones_own_and_the_servers_archive(run, tmp_path):
    picture = tmp_path / "2008_000001.png"
    Image.fromarray(np.full((30, 50, 3), 90, np.uint8)).save(picture)
    out, archive = tmp_path / "out", tmp_path / "results.tar.gz"
    command = [run, picture, "--out", out, "--row", "upper", "--voc-archive", archive]
    said = call(segment, *command)
    assert "1 of 1 images segmented" in said
    assert "the test set has 1456" in said
    assert read_mask(out / "masks/2008_000001.png").shape == (30, 50)
    assert archive.is_file()
    assert "0 of them now" in call(segment, *command)


def test_the_segmenter_is_exported(run):
    command = [run, "--segmenter", "--row", "upper"]
    said = call(export, *command, "--to", "onnx,saved_model")
    assert said.count("(20 images)") == 2
    exported = run / "upper/segmenter/export"
    names = {path.name for path in exported.iterdir()}
    assert names == {"model.onnx", "saved_model", "parity.json"}
    parity = json.loads((exported / "parity.json").read_text())
    assert parity["onnx"]["passed"]
    assert parity["saved_model"]["class_map"]["largest_shortfall"] <= 2e-4


def test_the_exported_segmenter_in_eight_bits_is_kept_or_refused_with_its_figures(run, tmp_path):
    out = tmp_path / "exported"
    said = call(export, run, "--segmenter", "--to", "int8", "--out", out)
    found = json.loads((out / "parity.json").read_text())["int8"]
    assert f"int8: {found['verdicts_agree']:.1%} of the verdicts agree" in said
    assert f"{found['pixels_agree']:.1%} of the pixels" in said
    assert (out / "model.int8.onnx").is_file() == found["shipped"]
    assert ("int8 was not kept: " in said) == bool(found["why_not"])


def test_the_exported_segmenter_is_judged_as_its_row_was(run):
    exported = run / "upper/segmenter/export/model.onnx"
    found = json.loads(call(evaluate, exported))
    known = json.loads((run / "upper/segmenter/evaluation.json").read_text())
    assert found.keys() == known.keys()
    assert (found["split"], found["seed"]) == (known["split"], known["seed"])
    ours, theirs = found["segmentation"], known["segmentation"]
    assert ours.keys() == theirs.keys()
    assert (ours["of"], ours["inference"]) == (theirs["of"], theirs["inference"])
    assert ours["miou"] == pytest.approx(theirs["miou"], abs=1e-3)
    assert ours["without_crf"]["miou"] == pytest.approx(theirs["without_crf"]["miou"], abs=1e-3)
