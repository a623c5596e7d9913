"""`gain-tf fit` and `gain-tf evaluate` end to end, on a run of seconds."""

import json
import os
import shutil

import pytest
import yaml
from support import TINY

from gain_tf.cli import status
from gain_tf.evaluate import evaluate
from gain_tf.fit import fit

pytestmark = [
    pytest.mark.slow,
    # Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

FILES = (
    "config.yaml",
    "environment.json",
    "model.keras",
    "metrics.csv",
    "evaluation.json",
    "predictions.csv",
    "confusion_matrix.png",
    "curves.png",
    "attention.png",
    "report.html",
    "checkpoints/epoch-0001.keras",
    "baseline/model.keras",
    "baseline/metrics.csv",
    "baseline/evaluation.json",
    "baseline/predictions.csv",
)


def call(command, *arguments):
    return status(command, "gain-tf", [str(each) for each in arguments])


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("fit")
    values = {
        **TINY,
        "training": {**TINY["training"], "epochs": 1},
        "evaluation": {**TINY["evaluation"], "baseline": True},
        "run": {"root": str(place / "runs"), "parallel": 2},
    }
    (place / "tiny.yaml").write_text(yaml.safe_dump(values))
    code = call(fit, "--config", place / "tiny.yaml")
    (folder,) = (place / "runs" / "tiny").iterdir()
    return code, folder, place / "tiny.yaml"


def test_the_run_folder(run):
    code, folder, _ = run
    assert code == 0
    missing = [name for name in FILES if not (folder / name).is_file()]
    assert missing == []
    assert all((folder / name).stat().st_size for name in FILES)
    assert not list(folder.rglob(".writing-*"))
    page = (folder / "report.html").read_text()
    # Self-contained: no picture or script from elsewhere.
    assert 'src="data:image/' in page
    assert 'src="http' not in page
    assert "baseline" in page


def test_guided_and_plain_are_reported(run):
    _, folder, _ = run
    guided, plain = (
        json.loads((folder / name / "evaluation.json").read_text()) for name in (".", "baseline")
    )
    for figures in (guided, plain):
        assert (figures["images"], figures["split"]) == (4, "test")
        assert 0 <= figures["attention"]["energy_in_mask"] <= 1
        assert figures["attention"]["mask_area"] == guided["attention"]["mask_area"]
    guided_terms, plain_terms = (
        (folder / name / "metrics.csv").read_text().splitlines()[0] for name in (".", "baseline")
    )
    assert "box_attention" in guided_terms
    assert "box_attention" not in plain_terms


def test_evaluate_prints_what_fit_wrote(run, capsys, tmp_path):
    _, folder, _ = run
    assert call(evaluate, folder, "--out", tmp_path / "e.json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "e.json").read_text())
    written = json.loads((folder / "evaluation.json").read_text())
    assert printed["classification"] == written["classification"]
    energy = written["attention"]["energy_in_mask"]
    assert printed["attention"]["energy_in_mask"] == pytest.approx(energy, abs=1e-6)
    assert call(evaluate, folder, "--split", "tset") == 2
    assert "has no split 'tset'; it has train, validation" in capsys.readouterr().err


def test_resume_finishes_what_is_unfinished(run, capsys):
    _, folder, config = run
    kept = (folder / "model.keras").stat().st_mtime_ns
    (folder / "report.html").unlink()
    (folder / "evaluation.json").unlink()
    shutil.rmtree(folder / "checkpoints")
    left = folder / ".writing-abc.keras"
    left.write_text("half")
    os.utime(left, (0, 0))
    assert call(fit, "--config", config, "--set", "run.resume=true") == 0
    assert list(folder.parent.iterdir()) == [folder]
    assert (folder / "report.html").is_file()
    assert (folder / "evaluation.json").is_file()
    assert (folder / "model.keras").stat().st_mtime_ns == kept
    assert not left.exists()
    assert len(json.loads((folder / "environment.json").read_text())["resumed"]) == 1
    assert str(folder) in capsys.readouterr().out


def test_every_test_split_is_reported(run):
    _, folder, _ = run
    figures = json.loads((folder / "evaluation.json").read_text())
    assert figures["split"] == "test"
    assert figures["splits"]["unbiased"]["images"] == 4
    assert "On the other test splits" in (folder / "report.html").read_text()


def test_a_wrong_model_key_leaves_no_folder(run, tmp_path, capsys):
    place = ("--set", f"run.root={tmp_path}", "--set", "model.backbone=no_such_net")
    assert call(fit, "--config", run[2], *place) == 2
    assert "no_such_net" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_share_of_annotated_images_that_comes_to_nothing_leaves_no_folder(run, tmp_path, capsys):
    place = ("--set", f"run.root={tmp_path}", "--set", "data.batch_size=2")
    assert call(fit, "--config", run[2], *place) == 2
    said = capsys.readouterr().err
    assert said.count("data.annotated_share: 0.25 of a data.batch_size of 2 is rounded to 0") == 1
    assert list(tmp_path.iterdir()) == []
