"""What the documentation shows is what the commands and the library do."""

import csv
import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from documented import ROOT, commands_in, texts

from gain_tf.__main__ import gain_tf as cli
from gain_tf.cli import status
from gain_tf.config import parse_config
from gain_tf.config.study import load_study
from gain_tf.config.yaml_text import parse_yaml

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))

SMALL = {
    "data.image_size": [64, 64],
    "data.batch_size": 4,
    "training.epochs": 1,
    "training.steps_per_epoch": 2,
    "evaluation.intervals": 20,
}
"""What makes the pages' configs affordable; all else is as the page says."""


def blocks(page: str, language: str) -> list[str]:
    return texts(f"docs/{page}", language)


def test_every_page_is_in_the_navigation():
    listed = re.findall(r"([\w/]+\.md)", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert sorted(listed) == [page.relative_to(DOCS).as_posix() for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_named_files_exist(page):
    text = page.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:gain_tf|configs|docs|benchmarks|serving)/[\w/.-]+)`", text):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("page", ["own_images.md", "segmentation.md"])
def test_configs_are_right(page):
    for block in blocks(page, "yaml"):
        parse_config(parse_yaml(block), page)


@pytest.mark.slow
def test_code_of_the_quick_start(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in blocks("quick_start.md", "python"):
        exec(compile(block, "quick_start.md", "exec"), names)
    assert names["attention"].shape == (2, 2, 7, 7)


@pytest.fixture
def photographs(tmp_path, monkeypatch):
    """A working folder with the photographs that the pages speak of."""
    random = np.random.default_rng(1)
    for number in range(16):
        name = ("good", "scratch")[number % 2]
        folder = tmp_path / "photographs" / name
        folder.mkdir(parents=True, exist_ok=True)
        image = random.integers(0, 99, (40, 40, 3), dtype=np.uint8)
        mask = np.zeros((40, 40), np.uint8)
        mask[8:30, 12 : 20 + number % 7] = 255
        image[mask > 0] += np.uint8(40 + 80 * (number % 2))
        cv2.imwrite(str(folder / f"{number:03d}.jpg"), image)
        cv2.imwrite(str(folder / f"{number:03d}.png"), mask)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_small(page: str, name: str, **sections: dict) -> None:
    """Write the config of a page, made affordable; `sections` have further changes."""
    values = yaml.safe_load(blocks(page, "yaml")[0])
    for key, value in SMALL.items():
        section, _, own = key.partition(".")
        values.setdefault(section, {})[own] = value
    values["model"] |= {"backbone": "MobileNetV2", "weights": None, "activation": "softmax"}
    for section, changes in sections.items():
        values[section] |= changes
    Path(name).write_text(yaml.safe_dump(values), encoding="utf-8")


def run_commands(page: str, found: dict[str, str]) -> int:
    """Run the commands of a page, `RUN` and the like replaced; return how many."""
    done = 0
    for block in blocks(page, "sh"):
        for words in commands_in(block.replace("$((TASK + 1))/$TASKS", found.get("shard", ""))):
            assert words[0] == "gain-tf"
            arguments = [re.sub(r"^RUN", lambda _: found["RUN"], word) for word in words[1:]]
            assert status(cli, "gain-tf", arguments) == 0, words
            done += 1
            if "fit" in arguments:
                (report,) = Path("runs").glob("*/*/report.html")
                found["RUN"] = str(report.parent)
    return done


@pytest.mark.slow
def test_commands_of_the_pages(photographs):
    write_small("own_images.md", "my.yaml")
    found: dict[str, str] = {}
    assert run_commands("own_images.md", found) == 7
    assert run_commands("deployment.md", found) == 3
    written = ["sheet.png", "explained/scores.csv", "models/my-part/1/model.onnx"]
    assert all((photographs / path).is_file() for path in written)


@pytest.mark.slow
def test_commands_of_the_page_on_segmentation(photographs):
    segmenter = {"weights": None, "output_stride": 16, "epochs": 1, "steps_per_epoch": 2}
    cheap = {"evaluation": {"baseline": False}, "segmenter": {**segmenter, "batch_size": 4}}
    write_small("segmentation.md", "my-masks.yaml", **cheap)
    assert run_commands("segmentation.md", {}) == 5
    assert (photographs / "segmented/masks/scratch/001.png").is_file()
    parity = json.loads((photographs / "masks/parity.json").read_text(encoding="utf-8"))
    assert parity["onnx"]["passed"]
    assert (photographs / "masks/model.int8.onnx").is_file() == parity["int8"]["shipped"]


@pytest.mark.slow
def test_commands_of_the_pages_on_annotation_and_scale(photographs):
    write_small("own_images.md", "my.yaml", data={"budget": {"masks": 4}})
    cheap = {"seeds": [1], "grid": {"data.budget.masks": [4]}}
    text = yaml.safe_load(blocks("annotation.md", "yaml")[0]) | cheap
    Path("budget.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    assert status(cli, "gain-tf", ["fit", "--config", "my.yaml"]) == 0
    (run,) = (report.parent for report in Path("runs").glob("*/*/report.html"))
    found = {"RUN": str(run), "shard": "1/2"}
    assert run_commands("annotation.md", found) == 2
    page = (photographs / "studies/budget/study.html").read_text(encoding="utf-8")
    assert all(row in page for row in ("mining alone", "swap", "guided+swap", "rolled"))
    with (run / "suggestions.csv").open(newline="", encoding="utf-8") as file:
        # Of what is in the training split; some of the sixteen are held out to judge by.
        assert 0 < len(list(csv.DictReader(file))) <= 12
    assert run_commands("scale.md", found) == 2
    arrays, labels = (
        list(photographs.glob(f"DIR/{kind}")) for kind in ("arrays/**/*.npz", "labels/**/*.png")
    )
    assert len(arrays) == len(labels) > 0


def test_the_study_of_the_page(photographs):
    write_small("own_images.md", "my.yaml")
    Path("budget.yaml").write_text(blocks("annotation.md", "yaml")[0], encoding="utf-8")
    study, base = load_study("budget.yaml")
    assert study.grid == {"data.budget.masks": [5, 20, 60]}
    assert {"mining alone", "swap", "guided+swap", "rolled"} == set(base.evaluation.rows)
