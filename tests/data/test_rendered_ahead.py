"""Pictures rendered while others are looked at: the same ones, and nothing stays behind."""

import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from gain_tf.config import parse_config
from gain_tf.data import rendered, rendered_ahead
from gain_tf.data.registry import load_data
from gain_tf.data.synthetic.boat import plan_boat

SIZE = 32
PATIENCE = 30.0


@pytest.fixture
def scenes():
    return {name: plan_boat(12, bias=0.9, seed=seed) for seed, name in enumerate(("train", "test"))}


def waited_for(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def check(pictures, scenes, index):
    expected = scenes[index].render(SIZE)
    np.testing.assert_array_equal(pictures.image(index), expected.image)
    np.testing.assert_array_equal(pictures.mask(index), expected.mask)


def test_pictures_are_what_their_scenes_render_asked_for_early_or_late(scenes):
    found = rendered_ahead.rendered_ahead(scenes, SIZE, workers=1)
    assert list(found) == list(scenes)
    folder = found["test"].folder
    # The last of all, long before the process has come to it.
    check(found["test"], scenes["test"], 11)
    waited_for(lambda: len(list(folder.iterdir())) == 12)
    for name, pictures in found.items():
        for index in range(12):
            check(pictures, scenes[name], index)


def test_several_processes_share_the_work(scenes):
    found = rendered_ahead.rendered_ahead({"train": scenes["train"]}, SIZE, workers=3)["train"]
    waited_for(lambda: len(list(found.folder.iterdir())) == 12)
    check(found, scenes["train"], 9)


def test_another_process_reads_and_adds_pictures(scenes):
    found = rendered_ahead.rendered_ahead(scenes, SIZE, workers=1)["test"]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        image = pool.submit(found.image, 11).result()
    np.testing.assert_array_equal(image, scenes["test"][11].render(SIZE).image)
    assert (found.folder / "000011").is_file()
    copy = pickle.loads(pickle.dumps(found))
    del copy
    assert found.folder.is_dir()


def test_what_was_rendered_is_gone_with_the_pictures(scenes):
    found = rendered_ahead.rendered_ahead(scenes, SIZE, workers=2)
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
    folder = rendered_ahead.Path(said)
    waited_for(lambda: not folder.exists())


def test_pictures_come_though_they_cannot_be_kept(scenes, caplog):
    found = rendered_ahead.rendered_ahead(scenes, SIZE, workers=1)
    folder = found["train"].folder.parent
    rendered_ahead.shutil.rmtree(folder, ignore_errors=True)
    waited_for(lambda: not folder.exists())
    for index in (3, 5):
        check(found["train"], scenes["train"], index)
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [str(folder)]


def test_many_workpieces_are_described_before_they_are_rendered(monkeypatch):
    sizes = {"train": 8, "validation": 4, "test": 4}
    config = parse_config({"name": "x", "data": {"image_size": [SIZE, SIZE], "workpiece": sizes}})
    at_once = load_data(config.data)
    monkeypatch.setattr(rendered, "MANY", 10)
    early = load_data(config.data)
    for name, split in at_once.splits.items():
        own = early.splits[name]
        assert isinstance(own.pictures, rendered_ahead.FiledPictures)
        assert list(own.ids) == list(split.ids)
        for column in ("labels", "mask_shows", "has_boxes"):
            np.testing.assert_array_equal(getattr(own, column), getattr(split, column))
        for index in range(len(split)):
            np.testing.assert_array_equal(own.boxes[index], split.boxes[index])
            np.testing.assert_array_equal(own.box_labels[index], split.box_labels[index])
            np.testing.assert_array_equal(own.pictures.image(index), split.pictures.image(index))
            np.testing.assert_array_equal(own.pictures.mask(index), split.pictures.mask(index))
