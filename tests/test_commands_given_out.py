"""A full disk, a folder that may not be written to, data that are gone: every command says which.

What `gain-tf fit` does then stands in `training/test_given_out.py`.
"""

import importlib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from permissions import denied
from PIL import Image
from support import full_disk, tiny_config, tiny_segmenter

from gain_tf.cli import status
from gain_tf.config import load_config, write_config
from gain_tf.data.decode import read_image
from gain_tf.files import WRITING
from gain_tf.folders import REPLACED
from gain_tf.training.run import fit_run

pytestmark = [
    pytest.mark.slow,
    # Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

CLASSES = ["bolt", "nut"]
ACTUALLY = {"parts": "evaluate", "saved_model": "export", "repository": "export"}
MODULES = {"export": "gain_export.commands"}


def changes(parts, root):
    data = {"name": "folder", "root": str(parts), "image_size": [32, 32], "batch_size": 4}
    return {
        "data": {**data, "cache": "off"},
        "guidance": {"alpha": 0, "omega": 0},
        "evaluation": {"figures": 0, "intervals": 0, "baseline": False},
        "training__epochs": 1,
        "run": {"root": str(root)},
    }


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Photographs of two kinds of parts, a run that learned them, a run with a segmenter."""
    folder = tmp_path_factory.mktemp("trained")
    random = np.random.default_rng(0)
    for name in CLASSES:
        (folder / "parts" / name).mkdir(parents=True)
        for number in range(5):
            pixels = random.integers(0, 256, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / "parts" / name / f"{number}.png")
    config = tiny_config(**changes(folder / "parts", folder / "runs"))
    fit_run(config).rename(folder / "run")
    network = {"network": "deeplab_efficientnet_lite0", "inference": {"crf": "none"}}
    (folder / "segmenting/segmenter").mkdir(parents=True)
    write_config(
        tiny_config(**changes(folder / "parts", folder / "runs"), segmenter=network),
        folder / "segmenting/config.yaml",
    )
    shutil.copy(folder / "run/classes.json", folder / "segmenting")
    tiny_segmenter(len(CLASSES)).save(folder / "segmenting/segmenter/model.keras")
    return folder


@pytest.fixture
def place(trained, tmp_path):
    """A copy that a test may move things about in, and a study of it."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    for run in ("run", "segmenting"):
        path = tmp_path / run / "config.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(str(trained), str(tmp_path)), encoding="utf-8")
    base = tiny_config(**changes(tmp_path / "parts", tmp_path / "runs"))
    write_config(base, tmp_path / "base.yaml")
    study = {"name": "s", "base": "base.yaml", "root": str(tmp_path / "out"), "seeds": [1]}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump({**study, "controls": []}))
    return tmp_path


def arguments(command, place):
    """The command line by which all that is written goes below `out`."""
    run, out = place / "run", place / "out"
    return {
        "cues": [run, "--out", out / "cues", "--set", "cues.background.source=none"],
        "segment": [place / "segmenting", place / "parts", "--out", out / "masks"],
        "explain": [run, place / "parts", "--out", out / "maps"],
        "evaluate": [run, "--out", out / "figures.json"],
        "parts": [run, "--parts", out / "parts", "--shard", "1/2"],
        "export": [run, "--out", out / "files"],
        "saved_model": [run, "--out", out / "files", "--to", "saved_model"],
        "repository": [run, "--repository", out / "models"],
        "study": [place / "study.yaml"],
    }[command]


def call(command, place):
    name = ACTUALLY.get(command, command)
    module = importlib.import_module(MODULES.get(name, f"gain_tf.{name}"))
    typed = [str(each) for each in arguments(command, place)]
    try:
        return status(getattr(module, name), f"gain-tf {name}", typed)
    except SystemExit as ended:
        return ended.code


def half_written(folder):
    """What lies below a folder and is not what its name says."""
    return [path for path in folder.rglob("*") if path.is_file() and not whole(path)]


def whole(path):
    """Whether a file can be read by its name; a model or a page is none of what may be left."""
    if any(part.startswith((WRITING, REPLACED)) for part in path.parts):
        return False
    readers = {
        ".png": read_image,
        ".npy": np.load,
        ".npz": lambda path: dict(np.load(path)),
        ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
        ".yaml": load_config,
        ".csv": lambda path: path.read_text(encoding="utf-8").index("\n"),
        ".txt": Path.read_text,
        "": Path.read_text,
    }
    try:
        readers[path.suffix](path)
    except (KeyError, ValueError, OSError):
        return False
    return True


@pytest.mark.parametrize(
    ("command", "size", "named"),
    [
        ("cues", 1_000, "cues/arrays/bolt/"),
        ("segment", 2_500, "masks/overlays/bolt/0.png"),
        ("explain", 1_000, "maps/bolt/0.png"),
        ("evaluate", 500, "figures.json"),
        ("parts", 300, "parts/"),
        ("export", 5_000, "files/model.onnx"),
        ("saved_model", 5_000, "files/saved_model"),
        ("repository", 5_000, "models/tiny/model.onnx"),
        ("study", 100, "s/configs/base_seed-1.yaml"),
    ],
)
def test_a_full_disk(place, capsys, command, size, named):
    out = place / "out"
    out.mkdir()
    with full_disk(size):
        assert call(command, place) == 1
    said = capsys.readouterr().err
    assert f"File too large: {out / named}" in said
    assert WRITING not in said
    assert half_written(out) == []
    if command != "study":
        # There is room again.
        assert call(command, place) == 0


@pytest.mark.parametrize(
    ("command", "below"),
    [
        ("cues", "cues"),
        ("segment", "masks"),
        ("explain", "maps"),
        ("evaluate", ""),
        ("parts", "parts"),
        ("export", ""),
        ("repository", "models"),
        ("study", "s"),
    ],
)
def test_a_folder_that_may_not_be_written_to(place, capsys, command, below):
    folder = place / "out" / below
    folder.mkdir(parents=True)
    with denied(folder, 0o500):
        assert call(command, place) == 1
    said = capsys.readouterr().err
    assert f"Permission denied: {folder}/" in said.replace("'", "")
    assert WRITING not in said
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", ["cues", "segment", "explain", "parts", "repository", "study"])
def test_a_file_in_the_way(place, capsys, command):
    """The mistake of who asked, not a failure."""
    (place / "out").write_text("mine")
    assert call(command, place) == 2
    said = capsys.readouterr().err
    assert re.search(
        rf"(--out|--parts|--repository|root): the folder {place / 'out'}/\w+ cannot be made", said
    )
    assert (place / "out").read_text() == "mine"


@pytest.mark.parametrize(
    "command", ["cues", "segment", "explain", "evaluate", "parts", "export", "study"]
)
def test_data_that_are_not_there(place, capsys, command):
    (place / "out").mkdir()
    (place / "parts").rename(place / "elsewhere")
    # Of a study it is the run that was asked for what is not to be had.
    assert call(command, place) == (1 if command == "study" else 2)
    said = capsys.readouterr().err
    if command == "study":
        log = place / "out/s/logs/base_seed-1.txt"
        assert f"1 of 1 runs failed: base_seed-1 ({log})" in said
        said = log.read_text()
    else:
        assert list((place / "out").iterdir()) == []
    assert "Traceback" not in said
    assert "there is no " in said
    assert str(place / "parts") in said


LISTED = "gain_tf.report.explanations.find_images"
LOADED = "gain_tf.training.open_rows.load_data"


@pytest.mark.parametrize(
    ("command", "moment"),
    [
        ("cues", "gain_tf.training.run_cues.load_data"),
        ("segment", LISTED),
        ("explain", LISTED),
        ("evaluate", LOADED),
        ("parts", LOADED),
        ("export", LOADED),
    ],
)
def test_data_that_vanish(place, capsys, monkeypatch, command, moment):
    module, _, name = moment.rpartition(".")
    original = getattr(importlib.import_module(module), name)

    def unmounted(*arguments, **options):
        found = original(*arguments, **options)
        (place / "parts").rename(place / "elsewhere")
        return found

    monkeypatch.setattr(moment, unmounted)
    out = place / "out"
    out.mkdir()
    assert call(command, place) == 1
    said = capsys.readouterr().err
    assert re.search(
        rf"{place / 'parts'}/(bolt|nut)/\d\.png: (does not exist|cannot be read: No such)", said
    )
    assert half_written(out) == []
    assert not {path.suffix for path in out.rglob("*")} & {".png", ".npy", ".npz", ".onnx"}
