"""`gain-tf export`, `describe` and `evaluate` of what was exported, on a run trained here."""

import json
import subprocess
import sys

import keras
import numpy as np
import onnx
import pytest
import tensorflow as tf
from click.testing import CliRunner

import gain_export
import gain_tf
from gain_export.answers import onnx_run, session_of
from gain_export.commands import describe, export
from gain_export.onnx_predictor import nearest
from gain_export.rules import RULES
from gain_tf.cli import status
from gain_tf.data.registry import load_data
from gain_tf.errors import FailedError, UserError
from gain_tf.evaluate import evaluate
from gain_tf.training.open_rows import open_run

pytestmark = pytest.mark.slow


def done(command, *arguments):
    """Exit status and output of a command as a program runs it."""
    runner = CliRunner()
    command_line = [str(argument) for argument in arguments]
    with runner.isolation() as streams:
        code = status(command, "gain-tf", command_line)
        text = streams[0].getvalue() + streams[1].getvalue()
    return code, text.decode()


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    out = tmp_path_factory.mktemp("exported") / "files"
    arguments = ["--to", "onnx,saved_model,int8", "--out", out, "--reject", "0.1", "0.4"]
    code, text = done(export, run, *arguments)
    assert code == 0, text
    return out, text


def test_what_is_written(exported):
    out, text = exported
    figures = json.loads((out / "parity.json").read_text())
    names = {path.name for path in out.iterdir()}
    assert names - {"model.int8.onnx"} == {"model.onnx", "saved_model", "parity.json"}
    assert ("model.int8.onnx" in names) == figures["int8"]["shipped"]
    assert bool(figures["int8"]["why_not"]) != figures["int8"]["shipped"]
    for target in ("onnx", "saved_model"):
        assert figures[target]["passed"]
        assert figures[target]["images"] == 4
        assert figures[target]["scores"]["largest_difference"] <= 1e-4
    assert "no verdict (4 images)" in text


def test_the_file_says_what_it_is(exported, run):
    code, text = done(describe, exported[0] / "model.onnx")
    about = json.loads(text)
    assert code == 0
    assert about["task"] == "classification"
    assert about["name"] == "tiny"
    assert about["class_names"] == list(load_data(open_run(run).config.data).class_names)
    assert about["input_size"] == [32, 32]
    assert about["thresholds"]["reject_band"] == [0.1, 0.4]
    assert 0 < about["thresholds"]["attention"] < 1
    assert about["inputs"] == {"image": "uint8 (N, H, W, 3)"}
    assert about["outputs"]["scores"] == "float (N, 4)"
    assert {"tensorflow", "onnxruntime"} <= set(about["versions"])
    assert json.loads(done(describe, run)[1])["config_sha256"] == about["config_sha256"]


def test_the_same_run_gives_the_same_file(exported, run, tmp_path):
    assert done(export, run, "--out", tmp_path / "again", "--reject", "0.1", "0.4")[0] == 0
    first, second = (
        onnx.load(folder / "model.onnx") for folder in (exported[0], tmp_path / "again")
    )
    created = [
        next(p for p in m.metadata_props if p.key == "gain.created") for m in (first, second)
    ]
    created[0].value = created[1].value
    assert first.SerializeToString() == second.SerializeToString()


def test_it_is_judged_as_the_run_was_and_without_tensorflow(exported, run, tmp_path):
    arguments = ["--config", run / "config.yaml", "--out", tmp_path / "evaluation.json"]
    code = (
        "import sys; from gain_tf.cli import status; from gain_tf.evaluate import evaluate; "
        "code = status(evaluate, 'x', sys.argv[1:]); assert 'tensorflow' not in sys.modules; "
        "sys.exit(code)"
    )
    subprocess.run(
        [sys.executable, "-c", code, exported[0] / "model.onnx", *arguments],
        check=True,
        capture_output=True,
    )
    ours = json.loads((tmp_path / "evaluation.json").read_text())
    theirs = json.loads((run / "evaluation.json").read_text())
    # A run is judged on every test split, a file on the one asked for.
    assert_close(ours, {key: theirs[key] for key in theirs.keys() - {"splits"}})


def assert_close(left, right):
    """The same figures: to a thousandth, for a pixel at a threshold may fall to either side."""
    if isinstance(left, dict):
        assert left.keys() == right.keys()
        for key in left.keys() - {"confusion"}:
            assert_close(left[key], right[key])
    elif isinstance(left, list):
        assert len(left) == len(right)
        for pair in zip(left, right, strict=True):
            assert_close(*pair)
    elif isinstance(left, float):
        assert left == pytest.approx(right, abs=1e-3)
    else:
        assert left == right


def test_another_config_is_refused(exported, run, tmp_path):
    other = tmp_path / "config.yaml"
    other.write_text((run / "config.yaml").read_text() + "\n# changed\n")
    code, text = done(evaluate, exported[0] / "model.onnx", "--config", other)
    assert code == 2
    assert "is not the config that" in text
    # Unless it is that of the run, to which rows were added since.
    (tmp_path / "config.1.yaml").write_bytes((run / "config.yaml").read_bytes())
    assert done(evaluate, exported[0] / "model.onnx", "--config", other)[0] == 0


def test_a_repository_gets_the_next_version(run, tmp_path):
    for version in ("1", "2"):
        code, text = done(export, run, "--repository", tmp_path / "models", "--name", "part")
        assert code == 0, text
        assert (tmp_path / "models" / "part" / version / "model.onnx").is_file()
    assert [p.name for p in (tmp_path / "models").iterdir()] == ["part"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "onnx,tflite"], "there is no target tflite; known are onnx, saved_model, int8"),
        (["--top", "9"], "attention for the best 9 of 4 classes"),
        (["--row", "nobody"], "has no row 'nobody'"),
        (["--out", "/nowhere/at/all"], "there is no folder /nowhere/at"),
        (["--repository", "x", "--to", "int8"], "--repository writes model.onnx alone"),
        (["--reject", "0.9", "0.1"], "the reject band must be low to high"),
    ],
)
def test_a_wrong_wish_is_one_sentence(run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    before = set(run.iterdir())
    code, text = done(export, run, *arguments)
    assert (code, "Traceback" in text) == (2, False)
    assert message in " ".join(text.split())
    assert set(run.iterdir()) == before


def test_what_lies_there_is_not_overwritten_unasked(run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    code, text = done(export, run, "--out", tmp_path / "out")
    assert (code, "exists already" in text) == (2, True)
    assert (tmp_path / "out" / "mine.txt").is_file()
    assert done(export, run, "--out", tmp_path / "out", "--overwrite")[0] == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"model.onnx", "parity.json"}
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (lambda folder: (folder / "model.keras").unlink(), "has no model.keras"),
        (lambda folder: (folder / "model.keras").write_bytes(b"PK"), "is no model that can be"),
        (lambda folder: (folder / "config.yaml").unlink(), "is no run folder"),
    ],
)
def test_a_broken_run_is_one_sentence(run, tmp_path, prepare, message):
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("config.yaml", "classes.json", "model.keras"):
        (folder / name).write_bytes((run / name).read_bytes())
    prepare(folder)
    code, text = done(export, folder)
    assert (code, "Traceback" in text) == (2, False)
    assert message in " ".join(text.split())
    assert not (folder / "export").exists()


@pytest.mark.parametrize("options", [[], ["--out", "there"], ["--segmenter"]])
def test_a_run_that_is_not_there_is_called_that(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    code, text = done(export, "nix", *options)
    assert code == 2
    assert text == "gain-tf: nix: is no run folder (there is no config.yaml)\n"


def test_a_file_that_is_none_of_ours_is_not_described(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"no model at all")
    assert done(describe, tmp_path / "x.onnx")[0] == 2
    onnx.save(onnx.ModelProto(), tmp_path / "y.onnx")
    code, text = done(describe, tmp_path / "y.onnx")
    assert (code, "was not exported by gain-tf" in text) == (2, True)


def tail():
    return [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(3)]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(5)
    features = keras.Sequential(
        [keras.Input((16, 16, 3)), keras.layers.Conv2D(4, 3, 4, "same", activation="relu")]
    )
    head = keras.Sequential([keras.Input((4, 4, 4)), *tail()])
    return gain_tf.GAIN(features, head, activation="softmax", audit=False)


class TestUserCode:
    def test_one_call(self, model, tmp_path, rng):
        path = gain_export.to_onnx(model, tmp_path / "model.onnx")
        picture = rng.integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
        scores = onnx_run(session_of(path))(picture)["scores"]
        np.testing.assert_allclose(scores, model.predict(picture, verbose=0), rtol=0, atol=1e-5)
        with pytest.raises(UserError, match="exists already"):
            gain_export.to_onnx(model, path)
        gain_export.to_onnx(model, path, overwrite=True, class_names=["a", "b", "c"])
        assert json.loads(done(describe, path)[1])["class_names"] == ["a", "b", "c"]

    def test_the_other_targets(self, model, tmp_path, rng):
        folder = gain_export.to_saved_model(model, tmp_path / "saved")
        assert (folder / "saved_model.pb").is_file()
        version = gain_export.to_repository(
            model, tmp_path / "models", name="part", class_names=["a", "b", "c"]
        )
        assert version == tmp_path / "models" / "part" / "1"
        pictures = [rng.integers(0, 256, (20, 20, 3)).astype(np.uint8) for _ in range(4)]
        gain_export.quantise(version / "model.onnx", pictures, tmp_path / "int8.onnx")
        eight, whole = (
            onnx_run(session_of(path))(pictures[0][np.newaxis])["scores"]
            for path in (tmp_path / "int8.onnx", version / "model.onnx")
        )
        np.testing.assert_allclose(eight, whole, rtol=0, atol=0.1)
        assert "DequantizeLinear" in {
            n.op_type for n in onnx.load(tmp_path / "int8.onnx").graph.node
        }
        assert json.loads(done(describe, tmp_path / "int8.onnx")[1])["name"] == "part"

    def test_a_network_of_any_size(self, tmp_path, rng):
        features = keras.Sequential(
            [keras.Input((None, None, 3)), keras.layers.Conv2D(4, 3, 4, "same", activation="relu")]
        )
        head = keras.Sequential([keras.Input((None, None, 4)), *tail()])
        model = gain_tf.GAIN(features, head, activation="softmax", audit=False)
        path = gain_export.to_onnx(model, tmp_path / "model.onnx")
        for height, width in ((16, 24), (40, 8)):
            picture = rng.integers(0, 256, (1, height, width, 3)).astype(np.uint8)
            answers = onnx_run(session_of(path))(picture)
            assert answers["attention"].shape == (1, 1, height // 4, width // 4)
            scores = model.predict(picture, verbose=0)
            np.testing.assert_allclose(answers["scores"], scores, rtol=0, atol=1e-5)

    def test_what_does_not_agree_is_not_kept(self, model, tmp_path, monkeypatch):
        """A rule that is wrong by a sign, as a converter may be: the gate stands behind it."""
        right = RULES[keras.layers.GlobalAveragePooling2D]

        def wrong(*arguments):
            return [-share for share in right(*arguments)]

        monkeypatch.setitem(RULES, keras.layers.GlobalAveragePooling2D, wrong)
        with pytest.raises(FailedError, match=r"attention by 1.* differs most is picture"):
            gain_export.to_onnx(model, tmp_path / "model.onnx")
        assert list(tmp_path.iterdir()) == []

    def test_a_head_without_a_rule(self, model, tmp_path):
        head = keras.Sequential(
            [keras.Input((4, 4, 4)), keras.layers.UnitNormalization(name="unit"), *tail()]
        )
        strange = gain_tf.GAIN(model.features, head, activation="softmax", audit=False)
        with pytest.raises(ValueError, match="layer 'unit'"):
            gain_export.to_onnx(strange, tmp_path / "model.onnx")
        assert list(tmp_path.iterdir()) == []
        gain_export.to_onnx(strange, tmp_path / "model.onnx", attention=False)

    def test_what_is_no_gain_is_refused(self, model, tmp_path):
        with pytest.raises(UserError, match="a Sequential cannot be exported, only a"):
            gain_export.to_onnx(model.features, tmp_path / "model.onnx")
        with pytest.raises(UserError, match="class_names must name each of the 3 classes once"):
            gain_export.to_onnx(model, tmp_path / "model.onnx", class_names=["a", "a", "b"])
        with pytest.raises(UserError, match="there is no folder"):
            gain_export.to_onnx(model, tmp_path / "no" / "model.onnx")


def test_masks_are_resized_as_in_the_pipeline(rng):
    for size in ((7, 5), (224, 224), (33, 90), (1, 1)):
        mask = rng.integers(0, 256, size).astype(np.uint8)
        for wanted in ((16, 16), (224, 224), (13, 40)):
            expected = tf.image.resize(mask[..., np.newaxis], wanted, method="nearest")[..., 0]
            np.testing.assert_array_equal(nearest(mask, wanted), expected)


def test_the_run_s_data_are_there(run):
    """What the tests above rest on: the run has a validation split with masks."""
    data = load_data(open_run(run).config.data)
    assert data.splits["validation"].has_mask.all()
