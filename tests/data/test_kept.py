"""Decoded images kept on disk: found again, never half, never another's."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from gain_tf.config import ConfigError, parse_config
from gain_tf.data.kept import DiskPictures
from gain_tf.data.registry import load_data


class Counting:
    """Pictures that count how often they are read."""

    def __init__(self, name="a"):
        self.name, self.read = name, 0

    def image(self, index):
        self.read += 1
        return np.full((3, 4, 3), index + ord(self.name), np.uint8)

    def mask(self, index):
        return np.full((3, 4), index, np.uint8)

    def key(self, index):
        return f"{self.name} {index}"


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_an_image_is_read_once_by_all_runs(tmp_path):
    first, second, other = Counting(), Counting(), Counting("b")
    for pictures in (first, second, other):
        kept = DiskPictures(pictures, tmp_path)
        np.testing.assert_array_equal(kept.image(2), np.full((3, 4, 3), 2 + ord(pictures.name)))
        np.testing.assert_array_equal(kept.mask(2), np.full((3, 4), 2))
    assert (first.read, second.read, other.read) == (1, 0, 1)
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("rest", [0, 40, -1])
def test_half_a_file_is_made_anew(tmp_path, rest):
    pictures = Counting()
    kept = DiskPictures(pictures, tmp_path)
    kept.image(0)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:rest])
    np.testing.assert_array_equal(kept.image(0), pictures.image(0))
    assert path.read_bytes() == whole


def test_several_at_once(tmp_path):
    def read(run):
        return [DiskPictures(Counting(), tmp_path).image(i)[0, 0, 0] for i in range(20)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, range(8)))
    assert found == [[index + ord("a") for index in range(20)]] * 8
    assert len(files(tmp_path)) == 20


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path, caplog):
    (tmp_path / "file").touch()
    pictures = Counting()
    kept = DiskPictures(pictures, tmp_path / "file")
    assert kept.image(1)[0, 0, 0] == kept.image(1)[0, 0, 0] == 1 + ord("a")
    assert pictures.read == 2
    assert "the image is not kept" in caplog.text


@pytest.mark.parametrize(
    ("written", "meant"), [(True, "memory"), (False, "off"), ("disk", "disk"), ("memory", "memory")]
)
def test_what_a_config_may_say(written, meant):
    assert parse_config({"name": "x", "data": {"cache": written}}).data.cache == meant


def test_what_a_config_may_not_say():
    with pytest.raises(ConfigError, match=r"data.cache: must be 'memory', 'disk' or 'off'"):
        parse_config({"name": "x", "data": {"cache": "ram"}})


def test_a_folder_of_photographs_on_disk(album, tmp_path):
    album.classes("a", "b")
    data = {"name": "folder", "root": str(album.root), "cache": "disk"}
    data["cache_folder"] = str(tmp_path / "cache")
    split = load_data(parse_config({"name": "x", "data": data}).data).splits["train"]
    before = split.pictures.image(0)
    assert len(files(tmp_path / "cache")) == 1
    # The next run finds it; a file that changed is another.
    again = load_data(parse_config({"name": "x", "data": data}).data).splits["train"]
    np.testing.assert_array_equal(again.pictures.image(0), before)
    assert len(files(tmp_path / "cache")) == 1
    album.photograph(f"{split.ids[0]}.jpg", size=(14, 10))
    changed = load_data(parse_config({"name": "x", "data": data}).data).splits["train"]
    assert changed.pictures.image(0).shape == (10, 14, 3)
    assert len(files(tmp_path / "cache")) == 2
