"""A file is whole, or it is the old one."""

import pytest

from gain_tf.files import new_folder, replacing


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


def half_written(path, error):
    with replacing(path) as temporary:
        temporary.write_text("half")
        raise error("stop")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(error, match="stop"):
        half_written(path, error)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_no_file_where_there_was_none(tmp_path):
    with pytest.raises(ValueError, match="stop"):
        half_written(tmp_path / "a", ValueError)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "no" / "a"):
        pass


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
