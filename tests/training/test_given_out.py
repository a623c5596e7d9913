"""A disk that is full, a folder in the way, photographs that vanish: a sentence, nothing lost."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from support import full_disk, tiny_config

from gain_tf.cli import status
from gain_tf.config import write_config
from gain_tf.fit import fit
from gain_tf.training.divergence import StopOnDivergence

pytestmark = [
    pytest.mark.slow,
    # Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

PLAIN = {"guidance": {"alpha": 0, "omega": 0}}


@pytest.fixture
def fit_in(tmp_path, capsys):
    """`gain-tf fit` of a small run below the folder: exit status, run folder, what it said."""

    def run(*settings, **changes):
        config = tiny_config(run={"root": str(tmp_path / "runs")}, **{**PLAIN, **changes})
        write_config(config, tmp_path / "run.yaml")
        arguments = [part for each in settings for part in ("--set", each)]
        code = status(fit, "gain-tf fit", ["--config", str(tmp_path / "run.yaml"), *arguments])
        said = capsys.readouterr().err
        assert "Traceback" not in said
        (folder,) = (tmp_path / "runs/tiny").iterdir()
        return code, folder, said

    return run


def test_a_full_disk_loses_nothing(fit_in):
    """Room for the config and the metrics, not for a checkpoint of 100 kB."""
    with full_disk(50_000):
        code, folder, said = fit_in()
    assert code == 1
    assert said == f"gain-tf fit: File too large: {folder / 'checkpoints/epoch-0001.keras'}\n"
    left = [path.name for path in folder.rglob("*") if path.suffix == ".keras"]
    assert left == []
    # What stands in the way of the checkpoints is as good as a folder that may not be written to.
    (folder / "checkpoints").rmdir()
    (folder / "checkpoints").write_text("")
    code, same, said = fit_in("run.resume=true")
    assert (code, same) == (1, folder)
    assert said == f"gain-tf fit: File exists: {folder / 'checkpoints'}\n"
    (folder / "checkpoints").unlink()
    code, same, _ = fit_in("run.resume=true")
    assert (code, same) == (0, folder)
    assert json.loads((folder / "evaluation.json").read_text())["images"] == 4


def test_photographs_that_vanish_in_mid_training(fit_in, tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    parts = tmp_path / "parts"
    for name in ("bolt", "nut"):
        (parts / name).mkdir(parents=True)
        for number in range(4):
            pixels = random.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(parts / name / f"{number}.png")
    data = {"name": "folder", "root": str(parts), "image_size": [32, 32], "batch_size": 4}
    changes = {"data": {**data, "cache": "off"}, "training__epochs": 60}
    away = tmp_path / "elsewhere"
    original = StopOnDivergence.on_epoch_begin

    def unmounted(self, epoch, logs=None):
        original(self, epoch, logs)
        if epoch == 1:
            shutil.move(parts, away)

    monkeypatch.setattr(StopOnDivergence, "on_epoch_begin", unmounted)
    code, folder, said = fit_in(**changes)
    assert code == 1
    # Fewer than data.max_bad_images, and yet all there are.
    assert said.startswith("gain-tf fit: no image can be read any more, such as ")
    assert "does not exist" in said
    assert not (folder / "model.keras").exists()
    assert list((folder / "checkpoints").glob("epoch-*.keras"))
    shutil.move(away, parts)
    monkeypatch.undo()
    code, same, _ = fit_in("run.resume=true", **changes)
    assert (code, same) == (0, folder)
