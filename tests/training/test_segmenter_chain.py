"""Attention network, cues, segmenter, figures: one run folder, gone on with, and asked."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from gain_tf.config import parse_config
from gain_tf.data.decode import read_mask
from gain_tf.segment import segment
from gain_tf.training.run import fit_run

# Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture
def config(tmp_path):
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
                "inference": {"crf": "reduced"},
            },
            "evaluation": {
                "figures": 2,
                "intervals": 0,
                "baseline": False,
                "rows": {"upper": {"segmenter.supervision": "masks"}},
            },
            "run": {"root": str(tmp_path / "runs")},
        }
    )


def test_the_chain_from_labels_to_masks(config, tmp_path):
    run = fit_run(config)
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
    # What is done is not done again.
    begun = (run / "segmenter/model.keras").stat().st_mtime_ns
    (run / "report.html").unlink()
    again = config.model_copy(update={"run": config.run.model_copy(update={"resume": True})})
    assert fit_run(again) == run
    assert (run / "segmenter/model.keras").stat().st_mtime_ns == begun

    picture = tmp_path / "2008_000001.png"
    Image.fromarray(np.full((30, 50, 3), 90, np.uint8)).save(picture)
    out, archive = tmp_path / "out", tmp_path / "results.tar.gz"
    command = [run, picture, "--out", out, "--row", "upper", "--voc-archive", archive]
    done = CliRunner().invoke(segment, [str(part) for part in command])
    assert done.exit_code == 0, done.output
    assert "1 of 1 images segmented" in done.output
    assert "the test set has 1456" in done.output
    assert read_mask(out / "masks/2008_000001.png").shape == (30, 50)
    assert archive.is_file()
    done = CliRunner().invoke(segment, [str(part) for part in command])
    assert "0 of them now" in done.output
