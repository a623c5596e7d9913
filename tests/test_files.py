"""A file is whole, or it is the old one."""

import errno
import os
import time

import pytest
from support import full_disk

from gain_tf.errors import UserError
from gain_tf.files import (
    LEFT_BEHIND,
    alone_in,
    clear_left_behind,
    made,
    new_folder,
    read_json,
    replacing,
)


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


def test_what_an_error_names_already_stays(tmp_path):
    missing = tmp_path / "other"
    with pytest.raises(FileNotFoundError) as raised, replacing(tmp_path / "a"):
        missing.read_bytes()
    assert raised.value.filename == str(missing)
    assert raised.value.errno == errno.ENOENT


def test_what_killed_processes_leave_is_cleared(tmp_path):
    long_ago = time.time() - LEFT_BEHIND - 60
    (tmp_path / "row").mkdir()
    old, new = tmp_path / "row/.writing-old.keras", tmp_path / "row/.writing-new.keras"
    old_folder, new_folder = tmp_path / ".writing-a", tmp_path / ".writing-b"
    whole = tmp_path / "row/model.keras"
    for folder in (old_folder, new_folder):
        folder.mkdir()
    for file in (old, new, whole, old_folder / "x", new_folder / "x"):
        file.write_text("x")
    for path in (old, whole, old_folder / "x", old_folder, new_folder):
        os.utime(path, (long_ago, long_ago))
    clear_left_behind(tmp_path)
    left = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted([new, whole, new_folder / "x"])
    assert not old_folder.exists()


def fill(path, text, *, overwrite=False, fails=False):
    with new_folder(path, overwrite=overwrite) as temporary:
        (temporary / "a.txt").write_text(text)
        if fails:
            raise RuntimeError("stopped")


def test_a_folder_appears_whole(tmp_path):
    path = tmp_path / "folder"
    with new_folder(path) as temporary:
        (temporary / "a.txt").write_text("new")
        assert not path.exists()
    assert (path / "a.txt").read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o755
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_lies_there_is_replaced_only_when_asked(tmp_path):
    path = tmp_path / "folder"
    fill(path, "old")
    with pytest.raises(OSError, match="not empty"):
        fill(path, "new")
    with pytest.raises(RuntimeError, match="stopped"):
        fill(path, "new", overwrite=True, fails=True)
    assert (path / "a.txt").read_text() == "old"
    fill(path, "new", overwrite=True)
    assert (path / "a.txt").read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_one_process_at_a_time_works_in_a_folder(tmp_path):
    with (
        alone_in(tmp_path),
        pytest.raises(UserError, match="another process is at work"),
        alone_in(tmp_path),
    ):
        pass
    with alone_in(tmp_path):
        pass


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


def test_a_folder_that_cannot_be_made_names_its_option(tmp_path):
    assert made(tmp_path / "a" / "b", "--out").is_dir()
    made(tmp_path / "a", "--out")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"^--out: the folder .*file/c cannot be made: Not a dir"):
        made(tmp_path / "file" / "c", "--out")
