"""Odd data sets that the checks accept, through the commands: they can be trained on."""

import itertools
import re

import numpy as np
import pytest
import yaml
from damaged_boxes import BOXES
from damaged_data import LAYOUTS, damaged_data
from damaged_pictures import encoded, mask, photograph
from support import TINY

from gain_tf.cli import status
from gain_tf.config import parse_config
from gain_tf.data.files import DataError
from gain_tf.data.registry import load_data
from gain_tf.data_commands import data
from gain_tf.fit import fit

pytestmark = [
    pytest.mark.slow,
    # Pillow warns of what OpenCV and the checks then judge.
    pytest.mark.filterwarnings("ignore::UserWarning:PIL"),
    # Keras 3.15 writes its files in a way NumPy 2.4 calls deprecated.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

SETS = [
    *((layout, r".") for layout in LAYOUTS),
    *((layout, r" in \S+\.(json|xml)$") for layout in BOXES),
]
"""Layouts of damaged data sets, and what one of the damages must be."""

FIRST = 400 * len(LAYOUTS)
"""Seed of the first data set that is made."""

SIZES = ((1, 1), (300, 1), (1, 300), (2, 3), (3000, 2), (32, 32))
"""Width and height of images that are valid all the same."""


def of_layout(root, layout):
    """Make one damaged data set of a layout after the other."""
    for seed in itertools.count(FIRST + LAYOUTS.index(layout), len(LAYOUTS)):
        place = root / str(seed)
        place.mkdir()
        yield damaged_data(place, seed)


def is_accepted(made):
    try:
        load_data(parse_config({"name": "x", "data": made.data}).data)
    except DataError:
        return False
    return True


def checked_and_trained(folder, capsys, section, guidance):
    """Run `gain-tf data check` and `gain-tf fit`; return what they exit with."""
    values = {
        **TINY,
        "data": {**section, "image_size": [32, 32], "batch_size": 4},
        "guidance": guidance,
        "training": {"epochs": 1, "steps_per_epoch": 1, "jit": False},
        "run": {"root": str(folder / "runs")},
    }
    path = folder / "odd.yaml"
    path.write_text(yaml.safe_dump(values))
    exits = []
    for command, verb in ((data, ["check"]), (fit, [])):
        exits.append(status(command, "gain-tf", [*verb, "--config", str(path)]))
        said = capsys.readouterr().err
        if exits[-1]:
            assert re.search("^gain-tf: .", said, re.MULTILINE), said
        assert "Traceback" not in said
    assert exits[-1] or list(folder.glob("runs/tiny/*/model.keras"))
    return exits


@pytest.mark.parametrize(("layout", "damage"), SETS)
def test_a_damaged_data_set(tmp_path, capsys, layout, damage):
    made = next(
        made
        for made in of_layout(tmp_path, layout)
        if any(re.search(damage, each) for each in made.done) and is_accepted(made)
    )
    assert made.layout == layout
    section, guidance = made.data, {"alpha": 0, "omega": 0}
    if layout in BOXES:
        section, guidance = {**section, "budget": {"boxes": "all"}}, {"kind": "box"}
    elif "masks" in layout:
        section, guidance = {**section, "budget": {"masks": "all"}}, {"kind": "pixel"}
    check, trained = checked_and_trained(tmp_path, capsys, section, guidance)
    assert check in (0, 2), made.done
    assert trained in (0, 1, 2), made.done


@pytest.mark.parametrize("annotated", ["masks", "boxes"])
def test_images_of_strange_sizes(tmp_path, capsys, annotated):
    random = np.random.default_rng(0)
    for name in ("bolt", "nut"):
        (tmp_path / "parts" / name).mkdir(parents=True)
        for number, (width, height) in enumerate(SIZES):
            path = tmp_path / "parts" / name / f"{number}.jpg"
            path.write_bytes(encoded(photograph(random, (width, height)), "JPEG"))
            path.with_suffix(".png").write_bytes(mask(np.full((height, width), 255)))
    section = {
        "name": "folder",
        "root": str(tmp_path / "parts"),
        "folder": {"validation": 0.34},
        "augmentation": {"crop": 0.1, "flip_horizontal": True, "flip_vertical": True},
        "budget": {annotated: "all"},
    }
    kind = {"masks": "pixel", "boxes": "box"}[annotated]
    assert checked_and_trained(tmp_path, capsys, section, {"kind": kind}) == [0, 0]
