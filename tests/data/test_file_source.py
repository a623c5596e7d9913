"""Files out of folders and archives, and archives that mean no good."""

import gzip
import io
import tarfile

import numpy as np
import pytest

from gain_tf.data import file_source
from gain_tf.data.file_source import FolderSource, open_archive
from gain_tf.data.files import DataError


@pytest.fixture
def make_archive(tmp_path):
    """Factory of an archive: bytes are a file, a TarInfo is what it says."""

    def make(members, name="a.tar", mode="w"):
        path = tmp_path / name
        with tarfile.open(path, mode) as archive:
            for key, content in members.items():
                if isinstance(content, bytes):
                    member = tarfile.TarInfo(key)
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content))
                else:
                    content.name = key
                    archive.addfile(content)
        return path

    return make


def special(kind, target=""):
    member = tarfile.TarInfo()
    member.type, member.linkname = kind, target
    return member


def problem_of(path, wanted=("in/",)):
    with pytest.raises(DataError) as caught:
        open_archive(path, wanted)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}: ")
    return problem.removeprefix(f"{path}: ")


@pytest.mark.parametrize(("name", "mode"), [("a.tar", "w"), ("a.tgz", "w:gz")])
def test_what_is_wanted_can_be_read(make_archive, name, mode):
    path = make_archive(
        {"./in/x": b"one", "in/deep/y": b"two" * 1000, "out/x": b"no", "z": b"last"}, name, mode
    )
    source = open_archive(path, ["in/", "z"])
    assert [each for each in ("in/x", "in/deep/y", "out/x", "z") if each in source] == [
        "in/x",
        "in/deep/y",
        "z",
    ]
    assert source.read("in/deep/y") == b"two" * 1000
    assert source.read("in/x") == b"one"
    with pytest.raises(DataError, match=r"a\.t\w+: in/other: is not there"):
        source.read("in/other")


def test_a_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x").write_bytes(b"one")
    source = FolderSource(tmp_path)
    assert "in/x" in source
    assert "in" not in source
    assert source.read("in/x") == b"one"
    with pytest.raises(DataError, match="in/y: cannot be read: No such file"):
        source.read("in/y")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("../x", b"", "'../x' leads out"),
        ("in/../../x", b"", "'in/../../x' leads out"),
        ("/etc/x", b"", "'/etc/x' leads out"),
        ("in/x", special(tarfile.SYMTYPE, "/etc/passwd"), "in/x is no plain file"),
        ("in/x", special(tarfile.LNKTYPE, "in/ok"), "in/x is no plain file"),
        ("out/x", special(tarfile.CHRTYPE), "'out/x' is a device"),
        ("in/x", special(tarfile.FIFOTYPE), "'in/x' is a device"),
    ],
)
@pytest.mark.parametrize(("file", "mode"), [("a.tar", "w"), ("a.tgz", "w:gz")])
def test_what_leads_elsewhere_is_refused(make_archive, file, mode, name, content, said):
    path = make_archive({"in/ok": b"fine", name: content}, file, mode)
    assert said in problem_of(path)


def test_a_link_that_nobody_wants_is_passed_over(make_archive):
    path = make_archive({"in/ok": b"fine", "out/x": special(tarfile.SYMTYPE, "/etc/passwd")})
    source = open_archive(path, ["in/"])
    assert source.read("in/ok") == b"fine"
    assert "out/x" not in source


@pytest.mark.parametrize(("file", "mode"), [("a.tar", "w"), ("a.tgz", "w:gz")])
def test_sizes_are_bounded(make_archive, monkeypatch, file, mode):
    path = make_archive({f"in/{number}": bytes(600) for number in range(4)}, file, mode)
    monkeypatch.setattr(file_source, "LARGEST_FILE", 599)
    assert "larger than" in problem_of(path)
    monkeypatch.setattr(file_source, "LARGEST_FILE", 600)
    assert "in/3" in open_archive(path, ["in/"])
    monkeypatch.setattr(file_source, "MOST_FILES", 3)
    assert problem_of(path) == "holds more than 3 files"
    monkeypatch.setattr(file_source, "MOST_FILES", 4)
    monkeypatch.setattr(file_source, "LARGEST_ARCHIVE", 4000)
    assert "is larger than" in problem_of(path)


def test_what_a_compressed_archive_keeps_in_memory_is_bounded(make_archive, monkeypatch):
    path = make_archive({f"in/{number}": bytes(600) for number in range(4)}, "a.tgz", "w:gz")
    monkeypatch.setattr(file_source, "MOST_KEPT", 2399)
    assert "small files" in problem_of(path)


def test_a_header_of_gigabytes_is_not_read(tmp_path):
    header = tarfile.TarInfo("long name")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2**33
    path = tmp_path / "a.tgz"
    path.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(2**16)))
    assert problem_of(path) == "holds a header larger than 64 MiB"


@pytest.mark.parametrize("content", [b"", b"no archive " * 100, b"\x1f\x8bno archive"])
def test_what_is_no_archive(tmp_path, content):
    path = tmp_path / "a.tar"
    path.write_bytes(content)
    assert problem_of(path).startswith("is no whole tar archive")


@pytest.mark.parametrize(("file", "mode"), [("a.tar", "w"), ("a.tgz", "w:gz")])
def test_a_download_that_broke_off(make_archive, file, mode):
    noise = np.random.default_rng(0).bytes(20_000)
    path = make_archive({"in/a": b"one", "in/x": noise}, file, mode)
    path.write_bytes(path.read_bytes()[:15_000])
    assert "is no whole tar archive" in problem_of(path)


def test_an_archive_that_shrinks(make_archive):
    path = make_archive({"in/x": bytes(5000)})
    source = open_archive(path, ["in/"])
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(DataError, match=r"a\.tar: in/x: is cut off"):
        source.read("in/x")


def test_no_archive_at_all(tmp_path):
    assert problem_of(tmp_path / "a.tar") == "cannot be read: No such file or directory"
