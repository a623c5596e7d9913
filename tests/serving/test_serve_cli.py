"""The commands that need no server, as a person types them."""

import csv
import hashlib
import io
import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
from models import write_model

from gain_serving.cli import status

COLOURS = {"red.png": [0, 0, 255], "blue.bmp": [255, 0, 0]}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for name, colour in COLOURS.items():
        cv2.imwrite(str(folder / name), np.full((6, 8, 3), colour, np.uint8))
    (folder / "bad.jpg").write_bytes(b"no image")
    write_model(folder / "m.onnx", classes=3, class_names=["r", "g", "b"])
    return folder


def test_predict_writes_a_table(files, capsys):
    images = [str(files / name) for name in COLOURS]
    assert status(["predict", *images, "--model", str(files / "m.onnx")]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    red, blue = csv.DictReader(io.StringIO(said.out))
    assert (red["verdict"], blue["verdict"]) == ("r", "b")
    assert json.loads(red["scores"])["r"] == pytest.approx(0.576117)
    assert red["image"] == images[0]
    assert red["accepted"] == "true"
    assert red["image_sha256"] == hashlib.sha256((files / "red.png").read_bytes()).hexdigest()


def test_predict_judges_the_rest_and_tells_what_it_cannot(files, capsys, tmp_path):
    model = ["--model", str(files / "m.onnx"), "--json", "--overlays", str(tmp_path)]
    images = [str(files / name) for name in ("bad.jpg", "missing.png", "red.png")]
    assert status(["predict", *images, *model]) == 2
    said = capsys.readouterr()
    bad, missing, red = map(json.loads, said.out.splitlines())
    assert bad["error"] == "the bytes are no JPEG, PNG, BMP, TIFF or WebP image"
    assert missing["error"] == "cannot be read: No such file or directory"
    assert red["verdict"] == "r"
    assert cv2.imread(red["overlay"]).shape == (6, 8, 3)
    assert said.err.count("gain-serve: ") == 2


def test_describe(files, capsys):
    assert status(["describe", str(files / "m.onnx")]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["classes"] == "3: r, g, b"
    assert lines["labels"] == "one an image"
    assert lines["SHA-256"] == hashlib.sha256((files / "m.onnx").read_bytes()).hexdigest()


@pytest.fixture
def repository(tmp_path):
    """A model in two versions; the third is being written."""
    folder = tmp_path / "models" / "parts"
    entries = {}
    for version, names in (("2", "old"), ("10", "new"), (".11", "half")):
        path = write_model(folder / version / "model.onnx", class_names=[names, "g", "b"])
        if not version.startswith("."):
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            entries[version] = {"model.onnx": {"sha256": digest, "bytes": len(content)}}
    manifest = {"name": "parts", "versions": entries, "files": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder.parent


def test_a_name_is_the_latest_version_in_the_repository(files, repository, capsys, monkeypatch):
    monkeypatch.setenv("GAIN_SERVE_REPOSITORY", str(repository))
    assert status(["predict", str(files / "red.png"), "--model", "parts", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["verdict"], record["model"], record["version"]) == ("new", "parts", "10")


def test_a_file_that_was_changed_is_refused(files, repository, capsys):
    path = repository / "parts" / "10" / "model.onnx"
    write_model(path, class_names=["x", "y", "z"])
    arguments = ["--model", "parts", "--repository", str(repository)]
    assert status(["predict", str(files / "red.png"), *arguments]) == 2
    assert "it is not the file that was exported" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["predict", "a.png", "--model", "none"], "none: no such file; for a model by name give"),
        (["predict", "a.png", "--model", "../m", "--repository", "."], "neither a file nor a mod"),
        (["predict", "a.png"], "Missing option '--model'"),
        (["predict", "--model", "x"], "Missing argument 'FILES...'"),
        (["describe", "none"], "none: cannot be read: No such file"),
        (["watch", "none", "--model", "none", "--out", "o"], "none: no such file"),
        (["serve"], "which models?"),
        (["serve", "--threads", "0"], "--threads: Input should be greater than 0"),
        (["serve", "--thread", "2"], "Did you mean"),
        (["sing"], "No such command 'sing'"),
    ],
)
def test_a_mistake_is_a_sentence(arguments, said, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert status(arguments) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_a_watched_folder_must_be_one(files, tmp_path, capsys):
    arguments = ["--model", str(files / "m.onnx"), "--out", str(tmp_path)]
    assert status(["watch", str(files / "red.png"), *arguments]) == 2
    assert "red.png: is no folder" in capsys.readouterr().err


def test_every_setting_is_shown(capsys):
    assert status(["serve", "--print-config", "--max-batch", "5"]) == 0
    shown = capsys.readouterr().out
    assert "\nmax_batch: 5\n" in shown
    assert "\nhttp: 127.0.0.1:8000\n" in shown


def test_help_loads_neither_onnx_runtime_nor_opencv(serving_environment):
    code = (
        "import sys; from gain_serving.cli import status; assert status(['--help']) == 0; "
        "sys.exit(any(name in sys.modules for name in ('onnxruntime', 'cv2', 'numpy')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=serving_environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_decoder_gets_the_limit_too(serving_environment, files):
    """A header that our reader and the decoder read differently meets the decoder's own wall."""
    code = (
        "import sys; from gain_serving.cli import status; "
        "status(['predict', sys.argv[1], '--model', sys.argv[2], '--max-pixels', '48']); "
        "import cv2, numpy as np; png = cv2.imencode('.png', np.zeros((7, 7, 3), np.uint8))[1]\n"
        "try: cv2.imdecode(png, cv2.IMREAD_COLOR)\n"
        "except cv2.error as error: print(error.err)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, files / "red.png", files / "m.onnx"],
        env=serving_environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "\n" + str(files / "red.png") + ",r,true," in done.stdout
    assert done.stdout.endswith("pixels <= CV_IO_MAX_IMAGE_PIXELS\n")
