"""An exported segmenter judged on a split: the figures of the segmenter that it was made of."""

import json
import subprocess
import sys

import pytest
from support import tiny_segmenter

import gain_export
from gain_tf.cli import status
from gain_tf.config import parse_config, write_config
from gain_tf.data.registry import load_data
from gain_tf.evaluate import evaluate
from gain_tf.segmentation.inference import InferenceSettings
from gain_tf.segmentation.judge import judge_segmenter

pytestmark = pytest.mark.slow

SIZE = (40, 48)


@pytest.fixture(scope="module")
def config():
    return parse_config(
        {
            "name": "shapes",
            "seed": 7,
            "data": {
                "name": "shapes",
                "image_size": list(SIZE),
                "shapes": {"train": 20, "validation": 20, "test": 20},
            },
            "segmenter": {
                "network": "deeplab_efficientnet_lite0",
                "method": "gain",
                "inference": {"crf": "none"},
            },
        }
    )


@pytest.fixture(scope="module")
def data(config):
    return load_data(config.data)


@pytest.fixture(scope="module")
def model(data):
    return tiny_segmenter(len(data.class_names))


@pytest.fixture(scope="module")
def folder(model, data, config, tmp_path_factory):
    """`m.onnx`, and the config of its run above it."""
    run = tmp_path_factory.mktemp("run")
    write_config(config, run / "config.yaml")
    (run / "export").mkdir()
    names = list(data.class_names)
    gain_export.to_onnx(model, run / "export/m.onnx", image_size=SIZE, class_names=names)
    return run / "export"


def judged(folder, *arguments):
    path = folder / "found.json"
    command = [folder / "m.onnx", "--out", path, *arguments]
    assert status(evaluate, "gain-tf evaluate", [str(each) for each in command]) == 0
    return json.loads(path.read_text())


def test_the_figures_are_those_of_the_segmenter_and_need_no_tensorflow(folder, model, data):
    code = (
        "import sys; from gain_tf.cli import status; from gain_tf.evaluate import evaluate; "
        "code = status(evaluate, 'x', sys.argv[1:]); assert 'tensorflow' not in sys.modules; "
        "sys.exit(code)"
    )
    out = folder / "evaluation.json"
    subprocess.run(
        [sys.executable, "-c", code, folder / "m.onnx", "--out", out],
        check=True,
        capture_output=True,
    )
    found = json.loads(out.read_text())
    settings = InferenceSettings(SIZE)
    names = data.class_names
    expected = judge_segmenter(model.predict_on_batch, data.splits["test"], names, settings)
    assert (found["split"], found["seed"]) == ("test", 7)
    figures = found["segmentation"]
    assert figures["of"] == "segmenter (gain)"
    assert figures["inference"] == {"scales": [1.0], "flip": False, "crf": "none"}
    assert figures.keys() - {"of", "inference"} == expected.keys()
    assert figures["images"] == 20
    assert expected["miou"] > 0
    # Rounding decides over the pixels that are a tie.
    assert figures["miou"] == pytest.approx(expected["miou"], abs=1e-4)
    assert figures["pixel_accuracy"] == pytest.approx(expected["pixel_accuracy"], abs=1e-4)
    assert sum(map(sum, figures["confusion"])) == sum(map(sum, expected["confusion"]))


def test_the_crf_is_that_of_the_run(folder, model, data, config, tmp_path):
    text = (folder.parent / "config.yaml").read_text().replace("crf: none", "crf: reduced")
    (tmp_path / "config.yaml").write_text(text)
    arguments = ["--split", "validation", "--config", tmp_path / "config.yaml"]
    figures = judged(folder, *arguments)["segmentation"]
    settings = InferenceSettings(SIZE, crf="reduced")
    names = data.class_names
    expected = judge_segmenter(model.predict_on_batch, data.splits["validation"], names, settings)
    assert figures["inference"]["crf"] == "reduced"
    assert figures["miou"] == pytest.approx(expected["miou"], abs=1e-4)
    assert figures["without_crf"]["miou"] == pytest.approx(expected["without_crf"]["miou"], 1e-3)
    assert figures["miou"] != figures["without_crf"]["miou"]


def test_what_cannot_be_judged_is_one_sentence(folder, tmp_path, capsys):
    assert status(evaluate, "x", [str(folder / "m.onnx"), "--split", "nowhere"]) == 2
    assert "has no split 'nowhere'" in capsys.readouterr().err
    gain_export.to_onnx(tiny_segmenter(2), tmp_path / "m.onnx", image_size=SIZE)
    config = str(folder.parent / "config.yaml")
    assert status(evaluate, "x", [str(tmp_path / "m.onnx"), "--config", config]) == 2
    assert "knows the classes 0, 1; the data have" in capsys.readouterr().err
    assert status(evaluate, "x", [str(folder), "--config", config]) == 2
    assert "--config: a run folder has its own config" in capsys.readouterr().err
