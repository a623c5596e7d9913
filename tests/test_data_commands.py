import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from gain_tf.cli import status
from gain_tf.data_commands import data


@pytest.fixture
def root(tmp_path, rng):
    folder = tmp_path / "parts"
    for name in ("bolt", "nut"):
        (folder / name).mkdir(parents=True)
        for number in range(6):
            pixels = rng.integers(0, 255, (16, 24, 3), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.jpg")
            mask = np.zeros((16, 24), np.uint8)
            mask[4:10, 6:14] = 255
            if number < 4:
                Image.fromarray(mask).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture
def config(tmp_path, root):
    path = tmp_path / "config.yaml"
    path.write_text(
        f"name: t\ndata: {{name: folder, root: '{root}', image_size: [16, 24], "
        "budget: {boxes: 2}, folder: {validation: 0.25}}\n",
        encoding="utf-8",
    )
    return path


def call(*arguments):
    return status(data, "gain-tf data", [str(each) for each in arguments])


def test_list_names_each_data_set_with_a_line(capsys):
    assert call("list") == 0
    lines = capsys.readouterr().out.splitlines()
    names = [
        "workpiece",
        "camera",
        "shapes",
        "boat",
        "decoy_mnist",
        "magnetic_tile",
        "voc2012",
        "folder",
    ]
    assert [line.split()[0] for line in lines] == names
    assert all(len(line.split()) > 3 for line in lines)


def test_describe_counts(config, root, capsys):
    assert call("describe", "--config", config) == 0
    said = capsys.readouterr().out
    assert f"source: images below {root}" in said
    assert "sizes: 24 x 16 pixels" in said
    assert "splits: whole groups drawn by data.folder.seed 0 (validation 25%, test 0%)" in said
    assert "annotation: 8 images with masks in files of their own" in said
    for heading in ("licence", "known bias"):
        assert f"\n{heading}: " in said
    sizes = dict(re.findall(r"^(train|validation): (\d+) images", said, re.MULTILINE))
    assert sum(map(int, sizes.values())) == 12
    lines = re.findall(r"(\d+) images?, (\d+) with mask, (\d+) with boxes", said)
    assert [sum(int(line[n]) for line in lines) for n in range(3)] == [12, 8, 8]


def test_the_config_may_be_named_without_its_option(config, capsys):
    assert call("check", config, "--set", "data.budget.boxes=1") == 0
    assert "boxes in 1 image" in capsys.readouterr().out
    assert call("check", config, "--config", config) == 2
    assert call("check") == 2
    said = capsys.readouterr().err
    assert "the config is named twice" in said
    assert "no config is named: CONFIG or --config FILE" in said


def test_check_says_that_all_is_well(config, capsys):
    assert call("check", "--config", config) == 0
    said = capsys.readouterr().out
    assert said.startswith("no problems: 12 images")
    assert "boxes in 2 images" in said


def test_check_lists_every_problem(config, root, capsys):
    (root / "nut" / "0.jpg").write_bytes(b"nothing")
    Image.fromarray(np.zeros((3, 3), np.uint8)).save(root / "bolt" / "1.png")
    assert call("check", "--config", config) == 2
    said = capsys.readouterr().err
    assert "0.jpg" in said
    assert "1.png" in said


def test_check_refuses_a_budget_that_cannot_be_paid(config, capsys):
    assert call("check", "--config", config, "--set", "data.budget.boxes=99") == 2
    assert "99 annotated images asked for" in capsys.readouterr().err


def test_show_draws_a_sheet(config, tmp_path, capsys):
    out = tmp_path / "sheet.png"
    assert call("show", config, "--out", out) == 0
    said = capsys.readouterr().out
    counts = re.findall(r"bolt +(\d+) images, (\d+) with mask, (\d+) with boxes \((\d+)\)", said)
    assert sum(int(count[3]) for count in counts) == 4
    with Image.open(out) as sheet:
        sheet.load()
        assert sheet.width > 400
        colours = np.asarray(sheet.convert("RGB")).reshape(-1, 3)
    assert len(np.unique(colours, axis=0)) > 100


def test_show_wants_a_png_in_a_folder(config, tmp_path, capsys):
    assert call("show", "--config", config, "--out", tmp_path / "no" / "sheet.png") == 2
    assert call("show", "--config", config, "--out", tmp_path / "sheet.gif") == 2
    said = capsys.readouterr().err
    assert "there is no folder" in said
    assert "must end in .png" in said


def test_a_wrong_key_names_the_right_one(config, capsys):
    assert call("describe", "--config", config, "--set", "data.nam=folder") == 2
    assert "did you mean 'name'?" in capsys.readouterr().err


def test_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "gain_tf.data", "list"], capture_output=True, text=True, check=True
    )
    assert "workpiece" in done.stdout
