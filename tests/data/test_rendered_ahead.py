"""Pictures rendered while others are looked at: the same ones, and nothing stays behind."""

import pickle
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from support import wait_for

from gain_tf.config import parse_config
from gain_tf.data import rendered
from gain_tf.data import rendered_ahead as module
from gain_tf.data.dataset import ArrayPictures
from gain_tf.data.registry import load_data
from gain_tf.data.rendered_ahead import FiledPictures, rendered_ahead
from gain_tf.data.synthetic.boat import plan_boat

SIZE = 32
PATIENCE = 30.0
SIZES = {"train": 8, "validation": 4, "test": 4}
FEW = parse_config({"name": "x", "data": {"image_size": [SIZE, SIZE], "workpiece": SIZES}})


@pytest.fixture
def scenes():
    return {name: plan_boat(12, bias=0.9, seed=seed) for seed, name in enumerate(("train", "test"))}


def check(pictures, scenes, index):
    expected = scenes[index].render(SIZE)
    np.testing.assert_array_equal(pictures.image(index), expected.image)
    np.testing.assert_array_equal(pictures.mask(index), expected.mask)


def test_pictures_are_what_their_scenes_render_asked_for_early_or_late(scenes):
    found = rendered_ahead(scenes, SIZE, workers=1)
    assert list(found) == list(scenes)
    # The last of all, long before the process has come to it.
    check(found["test"], scenes["test"], 11)
    files = [pictures.folder / f"{index:06d}" for pictures in found.values() for index in range(12)]
    wait_for(lambda: all(file.is_file() for file in files), PATIENCE)
    for name, pictures in found.items():
        for index in range(12):
            check(pictures, scenes[name], index)


def test_what_a_process_has_rendered_is_not_rendered_again(scenes, monkeypatch):
    found = rendered_ahead({"train": scenes["train"]}, SIZE, workers=1)["train"]
    wait_for((found.folder / "000000").is_file, PATIENCE)
    expected = scenes["train"][0].render(SIZE)
    monkeypatch.setattr(module, "render_one", None)
    np.testing.assert_array_equal(found.image(0), expected.image)
    np.testing.assert_array_equal(found.mask(0), expected.mask)


@pytest.mark.parametrize(("count", "workers"), [(0, 2), (5, 1), (12, 3), (50, 3), (1200, 16)])
def test_every_picture_is_one_processs_share(count, workers):
    shares = [module.share_of(count, number, workers) for number in range(workers)]
    assert sorted(index for share in shares for index in share) == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= module.CHUNK


def test_another_process_reads_and_adds_pictures(scenes, tmp_path):
    pictures = FiledPictures(scenes["test"], SIZE, tmp_path)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        image = pool.submit(pictures.image, 11).result()
    np.testing.assert_array_equal(image, scenes["test"][11].render(SIZE).image)
    assert [path.name for path in tmp_path.iterdir()] == ["000011"]


def test_a_copy_does_not_own_the_folder(scenes):
    found = rendered_ahead(scenes, SIZE, workers=1)["test"]
    copy = pickle.loads(pickle.dumps(found))
    del copy
    assert found.folder.is_dir()


def test_what_was_rendered_is_gone_with_the_pictures(scenes):
    found = rendered_ahead(scenes, SIZE, workers=2)
    folder = found["train"].folder.parent
    found.pop("train")
    check(found["test"], scenes["test"], 0)
    found.clear()
    assert not folder.exists()


@pytest.mark.parametrize("ending", ["pass", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_process_that_ends_leaves_nothing_behind(ending):
    code = f"""
import os, signal
from gain_tf.data.rendered_ahead import rendered_ahead
from gain_tf.data.synthetic.boat import plan_boat
found = rendered_ahead({{"train": plan_boat(5000, bias=0.9, seed=0)}}, {SIZE}, workers=1)
print(found["train"].folder.parent, flush=True)
{ending}
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        said = process.communicate(timeout=PATIENCE)[0].decode().strip()
    assert process.returncode == (0 if ending == "pass" else -signal.SIGKILL)
    folder = Path(said)
    wait_for(lambda: not folder.exists(), PATIENCE)


def test_pictures_come_though_they_cannot_be_written(scenes, tmp_path, caplog):
    pictures = FiledPictures(scenes["train"], SIZE, tmp_path / "gone")
    for index in (3, 5):
        check(pictures, scenes["train"], index)
        assert pictures.image(index).base is pictures.mask(index).base
    said = "rendered pictures cannot be written there, and are kept in memory"
    assert [record.getMessage() for record in caplog.records] == [
        f"{tmp_path}: {said}: No such file or directory"
    ]


def test_without_room_for_temporary_files_they_are_rendered_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr(rendered, "MANY", 10)
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path / "none"))
    assert isinstance(load_data(FEW.data).splits["test"].pictures, ArrayPictures)


def test_many_workpieces_are_described_before_they_are_rendered(monkeypatch):
    at_once = load_data(FEW.data)
    monkeypatch.setattr(rendered, "MANY", 10)
    early = load_data(FEW.data)
    for name, split in at_once.splits.items():
        own = early.splits[name]
        assert isinstance(own.pictures, FiledPictures)
        assert list(own.ids) == list(split.ids)
        for column in ("labels", "mask_shows", "has_boxes"):
            np.testing.assert_array_equal(getattr(own, column), getattr(split, column))
        for index in range(len(split)):
            np.testing.assert_array_equal(own.boxes[index], split.boxes[index])
            np.testing.assert_array_equal(own.box_labels[index], split.box_labels[index])
            np.testing.assert_array_equal(own.pictures.image(index), split.pictures.image(index))
            np.testing.assert_array_equal(own.pictures.mask(index), split.pictures.mask(index))
