"""Commands: exit status 0 done, 2 the user's mistake, 1 a failure; sentences, no tracebacks."""

import errno
import re
import sys

import click
import pytest

from gain_tf.__main__ import gain_tf
from gain_tf.cli import config_options, status
from gain_tf.errors import UserError
from gain_tf.evaluate import evaluate
from gain_tf.fit import fit


@click.command
@config_options
@click.option("--times", default=1)
def show(config, times):
    """Show a key."""
    click.echo(config.data.batch_size * times)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "run.yaml"
    path.write_text("name: a\ndata: {batch_size: 3}")
    return str(path)


def test_a_command_gets_its_config(config, capsys):
    assert status(show, "show", ["--config", config]) == 0
    assert capsys.readouterr().out == "3\n"
    arguments = ["--config", config, "--set", "data.batch_size=4", "--set", "seed=2", "--times=2"]
    assert status(show, "show", arguments) == 0
    assert capsys.readouterr().out == "8\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--config", "{config}", "--set", "data.bach_size=4"], "did you mean 'batch_size'?"),
        (["--config", "{config}", "--set", "data.batch_size=x"], "must be a whole number, not 'x'"),
        (["--config", "{config}x"], "there is no such file; did you mean '{config}'?"),
        (["--set", "seed=1"], "Missing option '--config'"),
        (["--config", "{config}", "--sett", "seed=1"], "No such option"),
        (["--config", "{config}", "--times", "x"], "is not a valid integer"),
    ],
)
def test_a_mistake_is_a_sentence_and_2(config, capsys, arguments, said):
    assert status(show, "show", [each.format(config=config) for each in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said.format(config=config) in err
    assert "Traceback" not in err


def raising(error):
    @click.command
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("a is wrong\nb is wrong"), 2, "x: a is wrong\nb is wrong\n"),
        (KeyboardInterrupt(), 1, "stopped; what was done is kept\n"),
        (click.Abort(), 1, "stopped; what was done is kept\n"),
        (OSError(errno.ENOSPC, "No space left", "f"), 1, "x: No space left: f\n"),
        (FloatingPointError("training diverged"), 1, "x: training diverged\n"),
        (click.UsageError("no"), 2, None),
    ],
)
def test_exit_status(capsys, error, code, said):
    assert status(raising(error), "x", []) == code
    err = capsys.readouterr().err
    assert said is None or err.strip() == said.strip()


def test_a_bug_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        status(raising(ZeroDivisionError()), "x", [])


@pytest.mark.parametrize("arguments", [["--help"], ["fit", "--help"]])
def test_help(capsys, arguments):
    assert status(gain_tf, "gain-tf", arguments) == 0
    assert "gain-tf" in capsys.readouterr().out


def test_the_verbs_are_shown(capsys):
    status(gain_tf, "gain-tf", ["--help"])
    out = capsys.readouterr().out
    shown = out.partition("Commands:")[2]
    assert re.findall(r"^  (\w+)", shown, re.MULTILINE) == [
        "fit",
        "evaluate",
        "explain",
        "cues",
        "segment",
        "study",
        "suggest",
        "data",
        "export",
        "describe",
        "serve",
    ]


def test_an_unknown_verb(capsys):
    assert status(gain_tf, "gain-tf", ["fitt"]) == 2
    assert "No such command 'fitt'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["data.name=folder"], "data.root: must name the folder of the images"),
        (["data.name=foldr"], "there is no data set 'foldr'; did you mean 'folder'?"),
        (["data.image_size=[32, 48]"], "workpiece images are square, not 32 x 48"),
        (["data.budget.boxes=9"], "9 annotated images asked for, 8 are there"),
        (["run.root={config}"], "run.root: the folder {config}/a/"),
        (["data.name=folder", "data.root={config}"], "data.root: there is no folder {config}"),
    ],
)
def test_fit_checks_before_it_trains(config, capsys, overrides, said, tmp_path):
    small = ["data.image_size=[32, 32]", "data.workpiece={train: 8, validation: 4, test: 4}"]
    chosen = [f"run.root={tmp_path}/runs", *small, *overrides]
    arguments = [part for each in chosen for part in ("--set", each.replace("{config}", config))]
    assert status(fit, "gain-tf fit", ["--config", config, *arguments]) == 2
    err = capsys.readouterr().err
    assert said.format(config=config) in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


def test_fit_names_every_problem_of_a_folder(config, capsys, tmp_path):
    for name in ("a", "b"):
        (tmp_path / "images" / name).mkdir(parents=True)
        (tmp_path / "images" / name / "x.jpg").write_text("hello")
    arguments = ["--set", "data.name=folder", "--set", f"data.root={tmp_path}/images"]
    assert status(fit, "gain-tf fit", ["--config", config, *arguments]) == 2
    err = capsys.readouterr().err
    assert err.count("x.jpg: unreadable or truncated") == 2
    assert "Traceback" not in err


def test_evaluate_needs_a_run(config, capsys, tmp_path):
    assert status(evaluate, "gain-tf evaluate", [str(tmp_path)]) == 2
    assert "is no run folder (there is no config.yaml)" in capsys.readouterr().err
    assert status(evaluate, "gain-tf evaluate", [config]) == 2
    (tmp_path / "config.yaml").write_text("name: a\n")
    assert status(evaluate, "gain-tf evaluate", [str(tmp_path)]) == 2
    assert "has no model.keras; the run is not finished" in capsys.readouterr().err
    assert status(evaluate, "gain-tf evaluate", [str(tmp_path), "--row", "contrl"]) == 2
    assert "has no row 'contrl'; it has baseline, guided" in capsys.readouterr().err
    assert status(evaluate, "gain-tf evaluate", [str(tmp_path), "--out", "/no/such/x.json"]) == 2
    assert "there is no folder /no/such" in capsys.readouterr().err


def test_serving_is_the_factory_box_s_own(capsys):
    pytest.importorskip("gain_serving")
    assert status(gain_tf, "gain-tf", ["serve"]) == 2
    assert "which models? give --repository DIR" in capsys.readouterr().err


def test_serving_without_the_factory_box_s_software(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "gain_serving", None)
    monkeypatch.delitem(sys.modules, "gain_serving.cli", raising=False)
    assert status(gain_tf, "gain-tf", ["serve", "--repository", "models"]) == 2
    assert "pip install ./serving" in capsys.readouterr().err


def test_the_end_of_a_file_is_no_ctrl_c():
    @click.command
    def broken():
        raise EOFError("no data left in file")

    with pytest.raises(EOFError, match="no data left"):
        status(broken, "broken", [])
