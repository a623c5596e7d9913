"""The folder of models: what serves, what does not and why, and what changes."""

import shutil

import pytest
from models import write_model
from repositories import add_version, list_version, remove_version, write_manifest

from gain_serving.errors import BadModelError, ModelNotFoundError, ModelUnavailableError
from gain_serving.repository import Repository
from gain_serving.runtime import Runtime
from gain_serving.slots import READY, UNAVAILABLE


@pytest.fixture
def opened():
    """The versions that were opened, in order."""
    return []


@pytest.fixture
def repository(tmp_path, opened):
    def opener(path, name, version):
        opened.append((name, version))
        return Runtime(path, name=name, version=version, threads=1)

    return Repository(tmp_path, opener=opener)


def states(repository):
    return {(row.name, row.version): row.state for row in repository.index()}


def reason(repository, name, version):
    rows = repository.index()
    return next(row.reason for row in rows if (row.name, row.version) == (name, version))


def test_versions_are_numbers_not_texts(tmp_path, repository):
    for version in ("2", "10", "9"):
        add_version(tmp_path, "tiny", version)
    repository.scan()
    assert repository.get("tiny").version == "10"
    assert repository.get("tiny", "9").version == "9"
    assert [one.version for one in repository.serving("tiny")] == ["2", "9", "10"]


def test_nothing_is_loaded_twice(tmp_path, repository, opened):
    add_version(tmp_path, "tiny", "1")
    repository.scan()
    repository.scan()
    assert opened == [("tiny", "1")]


def test_a_version_that_is_not_in_the_manifest_is_not_loaded(tmp_path, repository, opened):
    add_version(tmp_path, "tiny", "1")
    write_model(tmp_path / "tiny" / "2" / "model.onnx")
    write_model(tmp_path / "tiny" / ".3" / "model.onnx")
    repository.scan()
    assert opened == [("tiny", "1")]


def test_a_damaged_file_is_refused_before_it_is_loaded(tmp_path, repository, opened):
    path = add_version(tmp_path, "tiny", "1")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    repository.scan()
    assert opened == []
    assert states(repository) == {("tiny", "1"): UNAVAILABLE}
    with pytest.raises(ModelUnavailableError, match="it is not the file that was exported"):
        repository.get("tiny")


def test_a_broken_newer_version_leaves_the_older_serving(tmp_path, repository):
    add_version(tmp_path, "tiny", "1")
    (tmp_path / "junk.onnx").write_bytes(b"junk")
    (tmp_path / "tiny" / "2").mkdir()
    (tmp_path / "tiny" / "2" / "model.onnx").write_bytes(b"junk")
    list_version(tmp_path, "tiny", "2", tmp_path / "junk.onnx")
    add_version(tmp_path, "other", "1")
    repository.scan()
    assert repository.get("tiny").version == "1"
    assert repository.get("other").version == "1"
    assert states(repository)["tiny", "2"] == UNAVAILABLE
    assert "is not an ONNX file" in reason(repository, "tiny", "2")
    with pytest.raises(ModelUnavailableError, match="version 2 of model 'tiny'"):
        repository.get("tiny", "2")


def test_a_repaired_file_is_loaded(tmp_path, repository, opened):
    path = add_version(tmp_path, "tiny", "1")
    good = path.read_bytes()
    path.write_bytes(b"junk")
    repository.scan()
    repository.scan()
    path.write_bytes(good)
    repository.scan()
    assert states(repository) == {("tiny", "1"): READY}
    assert reason(repository, "tiny", "1") == ""
    assert opened == [("tiny", "1")]


def test_a_version_is_replaced(tmp_path, repository):
    add_version(tmp_path, "tiny", "1")
    repository.scan()
    before = repository.get("tiny")
    add_version(tmp_path, "tiny", "1", bias=[1, 2, 3])
    repository.scan()
    assert repository.get("tiny").sha256 != before.sha256


def test_a_bad_replacement_does_not_end_what_serves(tmp_path, repository):
    path = add_version(tmp_path, "tiny", "1")
    repository.scan()
    before = repository.get("tiny")
    path.write_bytes(b"junk")
    list_version(tmp_path, "tiny", "1", path)
    repository.scan()
    assert repository.get("tiny") is before
    assert states(repository) == {("tiny", "1"): READY}
    assert "is not an ONNX file" in reason(repository, "tiny", "1")


def test_what_is_gone_from_the_manifest_stops(tmp_path, repository):
    add_version(tmp_path, "tiny", "1")
    add_version(tmp_path, "tiny", "2")
    repository.scan()
    remove_version(tmp_path, "tiny", "2")
    repository.scan()
    assert repository.get("tiny").version == "1"
    with pytest.raises(ModelNotFoundError, match="has no version '2'; it has: 1"):
        repository.get("tiny", "2")
    shutil.rmtree(tmp_path / "tiny")
    repository.scan()
    with pytest.raises(ModelNotFoundError, match="no model named 'tiny'"):
        repository.get("tiny")


def test_a_broken_manifest_changes_nothing_but_the_status(tmp_path, repository):
    add_version(tmp_path, "tiny", "1")
    repository.scan()
    manifest = tmp_path / "tiny" / "manifest.json"
    whole = manifest.read_text()
    manifest.write_text(whole[:20])
    repository.scan()
    assert repository.get("tiny").version == "1"
    assert states(repository) == {("tiny", "1"): READY, ("tiny", ""): UNAVAILABLE}
    manifest.write_text(whole)
    repository.scan()
    assert states(repository) == {("tiny", "1"): READY}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"name": "tiny"}, "versions: Field required"),
        ({"name": "other", "versions": {}}, "is for the model 'other'"),
        ({"name": "tiny", "versions": {}}, "lists no version"),
        ({"name": "tiny", "versions": {"01": {}}}, r"versions\.01"),
        ({"name": "tiny", "versions": {"../1": {}}}, r"versions\.\.\./1"),
        ({"name": "tiny", "versions": {"1": {}}}, r"lists no model\.onnx for version 1"),
    ],
)
def test_a_wrong_manifest_says_what_is_wrong(tmp_path, repository, content, message):
    write_manifest(tmp_path, "tiny", content)
    repository.scan()
    with pytest.raises(ModelUnavailableError, match=message):
        repository.get("tiny")


def test_a_missing_file_is_named(tmp_path, repository):
    path = add_version(tmp_path, "tiny", "1")
    path.unlink()
    repository.scan()
    with pytest.raises(ModelUnavailableError, match=r"1/model\.onnx: cannot be read: No such file"):
        repository.get("tiny")


def test_only_names_are_models(tmp_path, repository):
    for name in (".hidden", "-flag", "a b"):
        add_version(tmp_path, name, "1")
    (tmp_path / "README.md").write_text("no model")
    repository.scan()
    assert repository.names() == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../models", "/etc", "tiny/1", "tiny\0", "t" * 999]
)
def test_names_are_never_paths(tmp_path, repository, name):
    add_version(tmp_path, "tiny", "1")
    repository.scan()
    for call in (repository.get, repository.load, repository.unload, repository.serving):
        with pytest.raises(ModelNotFoundError, match="no model named"):
            call(name)


def test_unloaded_stays_unloaded(tmp_path, repository):
    add_version(tmp_path, "tiny", "1")
    repository.scan()
    kept = repository.get("tiny")
    repository.unload("tiny")
    repository.scan()
    with pytest.raises(ModelUnavailableError, match="unloaded on request"):
        repository.get("tiny")
    assert kept.version == "1"
    repository.load("tiny")
    assert repository.get("tiny").version == "1"


def test_load_takes_what_is_new_at_once_and_tries_again_what_failed(tmp_path, repository, opened):
    with pytest.raises(ModelNotFoundError):
        repository.load("tiny")
    path = add_version(tmp_path, "tiny", "1")
    path.write_bytes(b"junk")
    with pytest.raises(BadModelError, match=r"manifest\.json says"):
        repository.load("tiny")
    add_version(tmp_path, "tiny", "1")
    repository.load("tiny")
    assert opened == [("tiny", "1")]


def test_a_folder_that_cannot_be_read_changes_nothing(tmp_path, repository, caplog):
    add_version(tmp_path / "inner", "tiny", "1")
    repository.folder = tmp_path / "inner"
    repository.scan()
    (tmp_path / "inner").rename(tmp_path / "away")
    repository.scan()
    assert repository.get("tiny").version == "1"
    assert "the repository cannot be read" in caplog.text
