"""`environment.json`: enough to explain a difference, and nothing that is a secret."""

import json
import os
import subprocess

import tensorflow as tf

from gain_tf.training.environment import environment, git_commit, record_environment


def test_what_a_difference_may_come_from(monkeypatch):
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("TF_VAR_password", "secret")
    monkeypatch.setenv("TF_TOKEN_example", "secret")
    found = environment()
    assert found["packages"]["tensorflow"] == tf.__version__
    assert found["variables"]["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert found["variables"]["OMP_NUM_THREADS"] == "3"
    assert "secret" not in found["variables"].values()
    assert 1 <= found["usable_cores"] <= found["cores"] == os.cpu_count()
    assert found["threads"] == {"intra_op": 0, "inter_op": 0}
    assert found["processor"]
    assert found["command"]
    assert found["started"][:2] == "20"
    assert len(found["gpus"]) == len(tf.config.list_physical_devices("GPU"))


def test_going_on_is_noted(tmp_path, monkeypatch):
    path = tmp_path / "environment.json"
    record_environment(path, seed=1)
    described = json.loads(path.read_text())
    assert {"gain_tf", "python", "packages", "cores", "command"} <= set(described)
    assert described["seed"] == 1
    assert "resumed" not in described
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    for _ in range(2):
        record_environment(path, seed=1)
    noted = json.loads(path.read_text())
    first, second = noted.pop("resumed")
    assert noted == described
    assert first["variables"]["TF_NUM_INTRAOP_THREADS"] == "1"
    assert "packages" not in first
    assert "started" in second


def test_the_commit_of_the_source(tmp_path):
    def git(*arguments):
        name = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        done = subprocess.run(
            ["git", "-C", tmp_path, *name, *arguments], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    library = tmp_path / "library"
    library.mkdir()
    (library / "a.py").write_text("x = 1\n")
    git("init")
    # Installed into somebody's repository, it is no part of that.
    assert git_commit(library) is None
    git("add", ".")
    git("commit", "-m", "first")
    commit = git("rev-parse", "HEAD")
    assert git_commit(library) == commit
    (library / "a.py").write_text("x = 2\n")
    assert git_commit(library) == f"{commit}+changed"
    assert git_commit(tmp_path / "nowhere") is None
