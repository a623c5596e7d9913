"""The README's own code runs, and what it names is there."""

import re

import keras
import pytest
from documented import ROOT, texts

from gain_tf.config import parse_config
from gain_tf.config.yaml_text import parse_yaml

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    return texts("README.md", language)[0]


@pytest.mark.slow
def test_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(block("python"), "README.md", "exec"), names)
    assert names["scores"].shape == (8, 4)
    assert names["maps"].shape == (8, 2, 3, 3)
    assert names["maps"].min() >= 0
    assert names["maps"].max() <= 1
    assert isinstance(names["again"], keras.Model)


def test_example_is_short():
    assert len([line for line in block("python").splitlines() if line.strip()]) <= 25


def test_config_is_right():
    config = parse_config(parse_yaml(block("yaml")), "README.md")
    assert config.data.budget.masks == 20


def test_named_files_exist():
    for path in re.findall(r"`((?:gain_tf|configs|docs|benchmarks)/[\w/.-]+)`", README):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.stem)
def test_configs_say_how_they_are_run(path):
    text = path.read_text(encoding="utf-8")
    assert f"python -m gain_tf.fit --config configs/{path.name}" in text
