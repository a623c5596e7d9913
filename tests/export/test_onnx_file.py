"""ONNX files that are damaged, or somebody else's: a sentence says so."""

import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from hidden_tensor import branch_with_a_tensor_elsewhere
from onnx import TensorProto, helper, numpy_helper

from gain_export.commands import describe
from gain_export.metadata import SEGMENTATION, About, write_metadata
from gain_tf.cli import status
from gain_tf.config import load_config, parse_config, write_config
from gain_tf.data.registry import load_data
from gain_tf.evaluate import evaluate

OURS = "was not exported by gain-tf export: "


def said(command, *arguments):
    """Exit status and output of a command as a program runs it."""
    with CliRunner().isolation() as streams:
        code = status(command, "gain-tf", [str(argument) for argument in arguments])
        text = streams[0].getvalue() + streams[1].getvalue()
    assert b"Traceback" not in text
    return code, text.decode()


@pytest.fixture
def config(tmp_path):
    """The config of a run on rendered shapes, above the file."""
    sizes = {"train": 20, "validation": 20, "test": 20}
    data = {"name": "shapes", "image_size": [16, 16], "shapes": sizes}
    path = tmp_path / "config.yaml"
    write_config(parse_config({"name": "shapes", "data": data}), path)
    return path


@pytest.fixture
def names(config):
    return list(load_data(load_config(config).data, once=True).class_names)


def classifier(classes):
    """The mean colour of an image is its score, its brightness is the map of the best class."""
    tensor, node = helper.make_tensor_value_info, helper.make_node
    weights = np.random.default_rng(0).random((3, classes), np.float32)
    axes = {"one": np.int64([1]), "two": np.int64([1, 2]), "three": np.int64([3])}
    constants = {"w": weights, **axes}
    nodes = [
        node("Cast", ["image"], ["pixels"], to=TensorProto.FLOAT),
        node("ReduceMean", ["pixels", "two"], ["colour"], keepdims=0),
        node("MatMul", ["colour", "w"], ["logits"]),
        node("Softmax", ["logits"], ["scores"], axis=1),
        node("ArgMax", ["scores"], ["attention_class"], axis=1),
        node("ReduceMean", ["pixels", "three"], ["grey"], keepdims=0),
        node("Sigmoid", ["grey"], ["bright"]),
        node("Unsqueeze", ["bright", "one"], ["attention"]),
    ]
    outputs = [
        tensor("scores", TensorProto.FLOAT, ["N", classes]),
        tensor("attention", TensorProto.FLOAT, ["N", 1, "H", "W"]),
        tensor("attention_class", TensorProto.INT64, ["N", 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "classifier",
        [tensor("image", TensorProto.UINT8, ["N", "H", "W", 3])],
        outputs,
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


def ours(names, task="classification"):
    model = classifier(len(names))
    write_metadata(model, About(name="x", class_names=names, single_label=True, task=task))
    return model


def named(model, name):
    return next(each for each in model.graph.output if each.name == name)


def prop(model, key):
    return next(each for each in model.metadata_props if each.key == key)


def test_what_is_whole_is_judged(config, names, tmp_path):
    """What the damage below is done to."""
    path = tmp_path / "x.onnx"
    onnx.save(ours(names), path)
    assert said(describe, path)[0] == 0
    code, text = said(evaluate, path)
    assert code == 0, text
    assert '"energy_in_mask"' in text


def in_a_branch(model):
    """Hide a tensor in another file in the branch of an If."""
    branch = branch_with_a_tensor_elsewhere()
    model.graph.node.append(helper.make_node("If", ["c"], [], then_branch=branch))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda model: model.ClearField("metadata_props"),
            OURS + "its metadata lacks gain.task, gain.class_names, gain.config_sha256\n",
        ),
        (
            lambda model: model.metadata_props.remove(prop(model, "gain.config_sha256")),
            OURS + "its metadata lacks gain.config_sha256\n",
        ),
        (
            lambda model: setattr(prop(model, "gain.class_names"), "value", '["a", "b'),
            "its metadata is damaged: gain.class_names; export it again\n",
        ),
        (
            lambda model: setattr(prop(model, "gain.class_names"), "value", "[" * 100_000),
            "its metadata is damaged: gain.class_names; export it again\n",
        ),
        (
            lambda model: [
                setattr(prop(model, "gain.class_names"), "value", "[1]"),
                setattr(prop(model, "gain.task"), "value", '"cooking"'),
            ],
            "its metadata is damaged: gain.class_names, gain.task; export it again\n",
        ),
        (in_a_branch, "keeps tensors in other files, such as hidden; only a model that is one"),
    ],
)
def test_a_foreign_file_is_told_from_one_of_ours(config, names, tmp_path, damage, message):
    path, model = tmp_path / "x.onnx", ours(names)
    damage(model)
    onnx.save(model, path)
    for command in (describe, evaluate):
        code, text = said(command, path)
        assert code == 2
        assert text.startswith(f"gain-tf: {path}: {message}")


def test_weights_in_another_file_are_not_read(config, names, tmp_path):
    path, where = tmp_path / "x.onnx", {"location": "weights.bin", "size_threshold": 0}
    onnx.save(ours(names), path, save_as_external_data=True, **where)
    for command in (describe, evaluate):
        code, text = said(command, path)
        assert (code, "keeps tensors in other files, such as w; only" in text) == (2, True)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_file_that_is_cut_off(config, names, tmp_path, share):
    path = tmp_path / "x.onnx"
    content = ours(names).SerializeToString()
    path.write_bytes(content[: int(len(content) * share)])
    for command in (describe, evaluate):
        code, text = said(command, path)
        assert code == 2
        assert text.startswith(f"gain-tf: {path}: ")


def test_bytes_that_are_wrong(config, names, tmp_path):
    """Sentences, or what a person would have to look at: whatever else is raised comes through."""
    path, random = tmp_path / "x.onnx", np.random.default_rng(0)
    content = np.frombuffer(ours(names).SerializeToString(), np.uint8)
    refused = 0
    for _ in range(60):
        changed = content.copy()
        changed[random.integers(len(content), size=3)] = random.integers(256, size=3)
        path.write_bytes(changed.tobytes())
        said(describe, path)
        refused += said(evaluate, path)[0] != 0
    assert refused > 30


def unlike(model):
    """An operator that no version of ONNX has."""
    model.graph.node[0].op_type = "Nonsense"


def unshaped(model):
    named(model, "attention_class").type.tensor_type.ClearField("shape")


def unchosen(model):
    """The choice of classes comes from outside."""
    model.graph.node.remove(model.graph.node[4])
    model.graph.input.append(named(model, "attention_class"))


def unfit(model):
    """Images are to have another size than any has."""
    shape = numpy_helper.from_array(np.int64([-1, 7, 7, 3]), "shape")
    model.graph.initializer.append(shape)
    model.graph.node[1].input[0] = "wrong"
    model.graph.node.insert(1, helper.make_node("Reshape", ["pixels", "shape"], ["wrong"]))


@pytest.mark.parametrize(
    ("damage", "status_", "message"),
    [
        (lambda model: model.graph.ClearField("input"), 2, OURS + "it has no input image\n"),
        (
            lambda model: [setattr(entry, "name", "y") for entry in model.graph.output],
            2,
            OURS + "it has no output scores\n",
        ),
        (
            lambda model: model.graph.output.remove(named(model, "attention")),
            2,
            OURS + "it has no output attention\n",
        ),
        (unshaped, 2, OURS + "it does not choose the classes of its maps (attention_class)"),
        (unchosen, 2, OURS + "it does not choose the classes of its maps (attention_class)"),
        (unlike, 2, "ONNX Runtime cannot load it: "),
        (unfit, 1, "ONNX Runtime cannot run it: "),
    ],
)
def test_a_graph_that_is_not_as_exported(config, names, tmp_path, damage, status_, message):
    path, model = tmp_path / "x.onnx", ours(names)
    damage(model)
    onnx.save(model, path)
    code, text = said(evaluate, path)
    assert code == status_
    assert text.startswith(f"gain-tf: {path}: {message}")


def test_a_segmenter_without_a_class_map(config, names, tmp_path):
    path = tmp_path / "x.onnx"
    onnx.save(ours(names, SEGMENTATION), path)
    code, text = said(evaluate, path)
    assert (code, text) == (2, f"gain-tf: {path}: {OURS}it has no output class_map\n")


def test_a_type_that_is_none(names, tmp_path):
    path, model = tmp_path / "x.onnx", ours(names)
    named(model, "scores").type.tensor_type.elem_type = 99
    onnx.save(model, path)
    code, text = said(describe, path)
    assert (code, '"scores": "type 99 (N, ' in text) == (0, True)
