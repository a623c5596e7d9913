"""What lies below a folder is all there, or the folder that keeps it back is named."""

import pytest
from permissions import denied

from gain_tf.data.files import DataError
from gain_tf.data.walk import named_below


def test_what_is_listed_is_what_a_search_by_pattern_finds(tmp_path):
    for name in ("b/2.JPG", "b/10.jpg", "b-c/1.png", "a.jpg", ".hidden/3.jpg", "b/d.jpg/4.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.png").symlink_to(tmp_path / "a.jpg")
    wanted = sorted(p for p in tmp_path.rglob("*") if p.suffix.lower() in (".jpg", ".png"))
    assert named_below(tmp_path, (".jpg", ".png")) == wanted
    assert len(wanted) == 7


def test_a_path_that_is_relative_stays_so(tmp_path, monkeypatch):
    (tmp_path / "a.xml").touch()
    monkeypatch.chdir(tmp_path)
    found = named_below(tmp_path.relative_to(tmp_path), (".xml",))
    assert list(map(str, found)) == ["a.xml"]


@pytest.mark.parametrize("kept", [0o300, 0o600], ids=["not listed", "listed alone"])
@pytest.mark.parametrize("name", ["a", "a/b", "."])
def test_a_folder_that_may_not_be_read_is_named(tmp_path, name, kept):
    (tmp_path / "a/b").mkdir(parents=True)
    folder = tmp_path / name
    said = f"^{folder}: the folder cannot be read: Permission denied; make it readable"
    with denied(folder, kept), pytest.raises(DataError, match=said):
        named_below(tmp_path, (".jpg",))


def test_all_folders_that_may_not_be_read_are_named(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with denied(tmp_path / "a", 0), denied(tmp_path / "b", 0), pytest.raises(DataError) as raised:
        named_below(tmp_path, (".jpg",))
    assert [problem.partition(":")[0] for problem in raised.value.problems] == [
        str(tmp_path / "a"),
        str(tmp_path / "b"),
    ]


@pytest.mark.parametrize("name", ["lost+found", "$RECYCLE.BIN", ".Trash-0", ".Trash-0/files"])
def test_a_folder_of_the_system_may_stay_closed(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir(parents=True)
    (tmp_path / "x.jpg").touch()
    with denied(folder, 0):
        assert named_below(tmp_path, (".jpg",)) == [tmp_path / "x.jpg"]


@pytest.mark.parametrize("place", ["nut/more", "annotation", "masks/nut"])
def test_a_data_set_does_without_no_folder(album, place):
    """Images of a class, annotation and masks: each would be missing without a word."""
    album.classes("nut", "bolt").photograph("nut/more/x.jpg")
    album.write("annotation/x.json", {}).photograph("masks/nut/0.png")
    with denied(album.root / place, 0o300):
        problems = album.problems()
    assert problems == [
        f"{place}: the folder cannot be read: Permission denied; make it readable, or move it away"
    ]
