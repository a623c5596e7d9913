"""A folder is whole, or it is the old one; one process at a time works in it."""

import os
import signal
import subprocess
import sys
import time

import pytest
from permissions import denied
from support import full_disk

from gain_tf.errors import UserError
from gain_tf.files import WRITING
from gain_tf.folders import LEFT_BEHIND, alone_in, clear_left_behind, made, new_folder


def test_the_disk_has_all_of_a_folder_before_its_name(tmp_path, synced):
    path = tmp_path / "folder"
    with new_folder(path) as temporary:
        (temporary / "deep").mkdir()
        (temporary / "deep/b.txt").write_text("b")
    places = (path, path / "deep/b.txt", path / "deep", tmp_path)
    assert [inode for inode, _ in synced] == [place.stat().st_ino for place in places]


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


def test_a_full_disk_names_the_file_of_the_folder(tmp_path):
    path = tmp_path / "folder"
    with full_disk(100), pytest.raises(OSError, match="File too large") as raised:
        fill(path, 10 * "0123456789\n")
    assert raised.value.filename == str(path)
    with pytest.raises(FileNotFoundError) as raised, new_folder(path) as temporary:
        (temporary / "no/b.txt").write_text("b")
    assert raised.value.filename == str(path / "no/b.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_may_not_be_written_to_names_what_was_to_lie_in_it(tmp_path):
    with denied(tmp_path, 0o500), pytest.raises(PermissionError) as raised:
        fill(tmp_path / "a", "x")
    assert raised.value.filename == str(tmp_path / "a")


KILLED = """
import os, pathlib, signal, sys
from gain_tf.folders import new_folder

path = pathlib.Path(sys.argv[1])
renamed = pathlib.Path.replace

def replace(self, target):
    renamed(self, target)
    if self == path:
        os.kill(os.getpid(), signal.SIGKILL)

pathlib.Path.replace = replace
with new_folder(path, overwrite=True) as temporary:
    (temporary / "a.txt").write_text("lost")
"""


def test_a_folder_that_a_killed_process_was_replacing_is_put_back(tmp_path):
    path = tmp_path / "folder"
    fill(path, "old")
    ended = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not path.exists()
    with pytest.raises(RuntimeError, match="stopped"):
        fill(path, "new", overwrite=True, fails=True)
    assert (path / "a.txt").read_text() == "old"
    # Killed a moment later, it leaves the old folder beside the new one.
    (tmp_path / ".replaced-folder").mkdir()
    fill(path, "new", overwrite=True)
    assert (path / "a.txt").read_text() == "new"
    assert not (tmp_path / ".replaced-folder").exists()


def test_a_folder_that_nothing_can_take_the_place_of_is_put_back(tmp_path, monkeypatch):
    path = tmp_path / "folder"
    fill(path, "old")
    renamed = type(path).replace

    def replace(self, target):
        if self.name.startswith(WRITING):
            # Somebody else removes it at the last moment.
            renamed(self, tmp_path / "elsewhere")
        return renamed(self, target)

    monkeypatch.setattr(type(path), "replace", replace)
    with pytest.raises(FileNotFoundError):
        fill(path, "new", overwrite=True)
    assert (path / "a.txt").read_text() == "old"


def test_one_process_at_a_time_works_in_a_folder(tmp_path):
    with (
        alone_in(tmp_path),
        pytest.raises(UserError, match="another process is at work"),
        alone_in(tmp_path),
    ):
        pass
    with alone_in(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_names_its_option(tmp_path):
    assert made(tmp_path / "a" / "b", "--out").is_dir()
    made(tmp_path / "a", "--out")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"^--out: the folder .*file/c cannot be made: Not a dir"):
        made(tmp_path / "file" / "c", "--out")
