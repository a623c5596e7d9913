"""The folder that inference servers load."""

import hashlib
import json
import threading

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from gain_export.repository import add_version
from gain_tf.errors import UserError


def model(classes=2):
    """A graph with the interface of an exported one."""
    one = helper.make_tensor("one", TensorProto.FLOAT, [1, classes], np.ones(classes))
    graph = helper.make_graph(
        [helper.make_node("Identity", ["one"], ["scores"])],
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["N", "H", "W", 3])],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", classes]),
            helper.make_tensor_value_info("attention", TensorProto.FLOAT, ["N", 1, 7, 7]),
            helper.make_tensor_value_info("attention_class", TensorProto.INT64, ["N", 1]),
        ],
        [one],
    )
    return helper.make_model(graph).SerializeToString()


CONFIG = """\
name: "part"
platform: "onnxruntime_onnx"
max_batch_size: 0
input [
  { name: "image" data_type: TYPE_UINT8 dims: [ -1, -1, -1, 3 ] }
]
output [
  { name: "scores" data_type: TYPE_FP32 dims: [ -1, 2 ] label_filename: "labels.txt" },
  { name: "attention" data_type: TYPE_FP32 dims: [ -1, 1, 7, 7 ] },
  { name: "attention_class" data_type: TYPE_INT64 dims: [ -1, 1 ] }
]
version_policy: { latest { num_versions: 1 } }
"""


def test_the_layout(tmp_path):
    place = add_version(tmp_path / "models", "part", model(), ["good", "bad"])
    folder = tmp_path / "models" / "part"
    assert place == folder / "1"
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files - {".lock"} == {"config.pbtxt", "labels.txt", "manifest.json", "1/model.onnx"}
    assert (folder / "labels.txt").read_text() == "good\nbad\n"
    assert (folder / "config.pbtxt").read_text() == CONFIG
    manifest = json.loads((folder / "manifest.json").read_text())
    written = (place / "model.onnx").read_bytes()
    assert manifest["name"] == "part"
    assert manifest["versions"] == {
        "1": {"model.onnx": {"sha256": hashlib.sha256(written).hexdigest(), "bytes": len(written)}}
    }
    labels = manifest["files"]["labels.txt"]
    assert labels == {"sha256": hashlib.sha256(b"good\nbad\n").hexdigest(), "bytes": 9}
    assert onnx.load(place / "model.onnx").graph.name == "tiny"


def test_versions_count_up_and_are_kept(tmp_path):
    first = add_version(tmp_path, "part", model(), ["a", "b"])
    before = (first / "model.onnx").stat().st_mtime_ns
    (tmp_path / "part" / "7").mkdir()
    assert add_version(tmp_path, "part", model(), ["a", "b"]).name == "8"
    assert (first / "model.onnx").stat().st_mtime_ns == before
    manifest = json.loads((tmp_path / "part" / "manifest.json").read_text())
    # What nobody vouched for stays out of it.
    assert list(manifest["versions"]) == ["1", "8"]


def test_versions_written_at_once_are_all_there(tmp_path):
    threads = [
        threading.Thread(target=add_version, args=(tmp_path, "part", model(), ["a", "b"]))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    manifest = json.loads((tmp_path / "part" / "manifest.json").read_text())
    assert sorted(manifest["versions"]) == ["1", "2", "3", "4", "5", "6"]


def test_other_classes_need_another_name(tmp_path):
    add_version(tmp_path, "part", model(), ["a", "b"])
    with pytest.raises(UserError, match=r"labels\.txt: is of another model"):
        add_version(tmp_path, "part", model(), ["a", "c"])
    assert not (tmp_path / "part" / "2").exists()


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a b", "x" * 101, "ä", "-x"])
def test_a_name_is_no_path(tmp_path, name):
    with pytest.raises(UserError, match="cannot be called"):
        add_version(tmp_path, name, model(), ["a", "b"])
    assert list(tmp_path.iterdir()) == []


def test_a_broken_manifest_is_named(tmp_path):
    add_version(tmp_path, "part", model(), ["a", "b"])
    (tmp_path / "part" / "manifest.json").write_text("{")
    with pytest.raises(UserError, match=r"manifest\.json: is not the manifest"):
        add_version(tmp_path, "part", model(), ["a", "b"])
