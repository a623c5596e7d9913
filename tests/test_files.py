"""A file is whole, or it is the old one."""

import errno

import pytest
from permissions import denied
from support import full_disk

from gain_tf.errors import UserError
from gain_tf.files import read_json, replacing


def test_what_is_written_is_there(tmp_path):
    path = tmp_path / "a.json"
    with replacing(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".json"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


def half_written(path, text="half", error=None):
    with replacing(path) as temporary:
        temporary.write_text(text)
        if error:
            raise error("stop")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(error, match="stop"):
        half_written(path, error=error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_no_file_where_there_was_none(tmp_path):
    with pytest.raises(ValueError, match="stop"):
        half_written(tmp_path / "a", error=ValueError)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "no" / "a"):
        pass


def test_a_full_disk_names_the_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with full_disk(100), pytest.raises(OSError, match="File too large") as raised:
        half_written(path, 10 * "0123456789\n")
    assert raised.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_may_not_be_written_to_names_the_file(tmp_path):
    with denied(tmp_path, 0o500), pytest.raises(PermissionError) as raised:
        half_written(tmp_path / "a")
    assert raised.value.filename == str(tmp_path / "a")


def test_a_folder_that_may_be_written_to_and_not_read(tmp_path):
    with denied(tmp_path, 0o300):
        half_written(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "half"


def test_the_disk_has_the_name_as_well(tmp_path, synced):
    path = tmp_path / "a"
    half_written(path)
    assert synced == [(path.stat().st_ino, False), (tmp_path.stat().st_ino, True)]
    synced.clear()
    with replacing(path, lasting=False) as temporary:
        temporary.write_text("x")
    assert synced == []


def test_what_an_error_names_already_stays(tmp_path):
    missing = tmp_path / "other"
    with pytest.raises(FileNotFoundError) as raised, replacing(tmp_path / "a"):
        missing.read_bytes()
    assert raised.value.filename == str(missing)
    assert raised.value.errno == errno.ENOENT


@pytest.mark.parametrize("text", ["", '{"a": ', "[1]", "{}", "\x00", "null"])
def test_a_damaged_file_is_a_sentence(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text('{"a": 1}')
    assert read_json(path, "") == {"a": 1}
    path.write_text(text)
    with pytest.raises(UserError, match=r"a\.json: is damaged; delete it$"):
        read_json(path, "delete it")
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(UserError, match="is damaged"):
        read_json(path, "delete it")
