"""A segmenter in eight bits: what is rounded, what is compared, and when it is refused."""

import numpy as np
import onnx
import pytest
from support import tiny_segmenter

import gain_export
from gain_export.answers import onnx_run, session_of
from gain_export.map_agreement import MapAgreement, map_agreement
from gain_export.metadata import read_metadata

SIZE = (32, 48)


@pytest.fixture(scope="module")
def pictures():
    random = np.random.default_rng(5)
    return [random.integers(0, 256, (30, 40, 3), np.uint8) for _ in range(4)]


@pytest.fixture(scope="module")
def files(pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    floating, quantised = folder / "model.onnx", folder / "model.int8.onnx"
    gain_export.to_onnx(tiny_segmenter(3), floating, image_size=SIZE, images=pictures)
    gain_export.quantise(floating, pictures, quantised)
    return floating, quantised


def test_convolutions_are_rounded_and_probabilities_are_not(files, pictures):
    floating, quantised = files
    nodes = onnx.load(quantised).graph.node
    maker = {output: node for node in nodes for output in node.output}
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    assert len(convolutions) == 3
    for node in convolutions:
        assert {maker[name].op_type for name in node.input[:2]} == {"DequantizeLinear"}
    readers = {
        name: {node.op_type for node in nodes if name in node.input}
        for node in nodes
        if node.op_type == "Softmax"
        for name in node.output
    }
    assert readers
    assert all("QuantizeLinear" not in types for types in readers.values())
    assert read_metadata(quantised) == read_metadata(floating)
    whole, eight = (
        onnx_run(session_of(path))(pictures[0][np.newaxis])["probabilities"] for path in files
    )
    assert 0 < np.abs(whole - eight).max() < 0.3


def test_a_file_agrees_with_itself(files, pictures):
    found = map_agreement(files[0], files[0], pictures, 4)
    assert (found.images, found.verdicts, found.pixels, found.overlap) == (4, 1, 1, 1)


def test_a_class_that_is_lost_is_seen(files, pictures, tmp_path):
    """A class never wins once it is 100 logits less likely: its pixels are others' then."""
    run = onnx_run(session_of(files[0]))
    known = np.stack([run(each[np.newaxis])["class_map"] for each in pictures])
    counts = np.bincount(known.ravel(), minlength=4)
    share = counts.max() / counts.sum()
    assert share < 1
    model = tiny_segmenter(3)
    model.network.get_layer("logits").bias.assign(np.where(counts == counts.max(), -100.0, 0.0))
    gain_export.to_onnx(model, tmp_path / "m.onnx", image_size=SIZE, images=pictures)
    found = map_agreement(files[0], tmp_path / "m.onnx", pictures, 4)
    assert found.pixels == pytest.approx(1 - share, abs=1e-9)
    # The lost class overlaps by 0.
    assert found.overlap < 0.75


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"verdicts": 0.98}, ["98.0% of the verdicts agree, 99% are asked"]),
        ({"pixels": 0.9}, ["90.0% of the pixels agree, 99% are asked"]),
        ({"overlap": 0.5}, ["the classes overlap by 0.50, 0.9 is asked"]),
        ({"speed": 1.0}, ["it is 1.00 times as fast here, 1.2 is asked"]),
    ],
)
def test_a_refusal_has_its_figure(changed, said):
    right = {"images": 9, "verdicts": 1.0, "pixels": 0.995, "overlap": 0.95, "speed": 2.0}
    found = MapAgreement(**{**right, **changed})
    assert found.shortcomings == said
    assert found.figures()["shipped"] == (not said)
