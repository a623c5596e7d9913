"""A model file in, decisions out, worked out by hand; and what is refused."""

import json
import subprocess
import sys
import threading

import cv2
import numpy as np
import onnx
import pytest
from hidden_tensor import branch_with_a_tensor_elsewhere
from models import metadata, write_model
from onnx import TensorProto, helper, numpy_helper

from gain_serving import Runtime
from gain_serving.errors import BadImageError, BadModelError, BadRequestError, TooLargeError
from gain_serving.protocol.inference import answer
from gain_serving.protocol.request import InferRequest
from gain_serving.protocol.tensors import Tensor

RED, GREEN, GREY = [255, 0, 0], [0, 255, 0], [51, 51, 51]


def picture(colour, height=4, width=6):
    return np.full((height, width, 3), colour, np.uint8)


def png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    return Runtime(write_model(tmp_path_factory.mktemp("model") / "model.onnx"), version="7")


def test_scores_verdict_and_origin(runtime):
    """Logits (1, 0, 0): the softmax of the first is e / (e + 2) = 0.5761."""
    [decision] = runtime.decide(picture(RED)[None])
    assert decision.verdict == "class 0"
    assert decision.accepted
    assert list(decision.scores) == ["class 0", "class 1", "class 2"]
    assert decision.scores["class 0"] == pytest.approx(0.576117, abs=1e-6)
    assert sum(decision.scores.values()) == pytest.approx(1, abs=1e-6)
    assert (decision.model, decision.version) == ("tiny", "7")
    assert decision.sha256 == runtime.sha256
    assert decision.overlay is None
    np.testing.assert_array_equal(decision.attention_class, [0])
    assert decision.attention.shape == (1, 2, 3)
    np.testing.assert_allclose(decision.attention, 1)


def test_encoded_images_of_several_sizes(runtime):
    first, second = runtime.decide([png(picture(GREEN, 3, 5)), png(picture(RED, 7, 2))])
    assert (first.verdict, second.verdict) == ("class 1", "class 0")
    assert first.attention.shape == (1, 2, 3)
    assert second.attention.shape == (1, 4, 1)
    assert first.timings.decode > 0
    assert first.timings.inference > 0
    assert first.timings.postprocess > 0


def test_a_batch_is_its_images(runtime):
    images = np.random.default_rng(3).integers(0, 256, (4, 5, 7, 3), np.uint8)
    for one, image in zip(runtime.decide(images), images, strict=True):
        [alone] = runtime.decide(image[None])
        np.testing.assert_allclose(list(one.scores.values()), list(alone.scores.values()), 1e-6)
        np.testing.assert_allclose(one.attention, alone.attention, 1e-6)
        assert one.timings.decode == 0


def test_the_first_of_equals(runtime):
    assert runtime.decide(picture(GREY)[None])[0].verdict == "class 0"


def test_the_overlay_is_red_where_the_attention_is(runtime):
    image = np.concatenate([picture(RED, 8, 8), picture([0, 0, 0], 8, 8)], axis=1)
    [decision] = runtime.decide(image[None], overlay=True)
    drawn = cv2.imdecode(np.frombuffer(decision.overlay, np.uint8), cv2.IMREAD_COLOR)
    assert drawn.shape == image.shape
    # The strongest colour of the map is BGR (0, 0, 128): 0.4 * 255 + 0.6 * 128 = 178.8.
    np.testing.assert_array_equal(drawn[4, 1], [0, 0, 179])
    # Attention 0 leaves the photograph.
    np.testing.assert_array_equal(drawn[4, 14], [0, 0, 0])


def test_an_overlay_is_never_huge(runtime):
    [decision] = runtime.decide(picture(RED, 20, 4000)[None], overlay=True)
    drawn = cv2.imdecode(np.frombuffer(decision.overlay, np.uint8), cv2.IMREAD_COLOR)
    assert drawn.shape == (5, 1024, 3)


def test_a_model_without_attention(tmp_path):
    runtime = Runtime(write_model(tmp_path / "m.onnx", attention=False), name="other")
    runtime.warm_up()
    [decision] = runtime.decide(picture(RED)[None], overlay=True)
    assert decision.attention is None
    assert decision.attention_class is None
    assert decision.overlay is None
    assert decision.model == "other"


def test_a_segmenter_answers_with_its_map(tmp_path):
    """The map is 1 where an image is red, 0 elsewhere."""
    path = write_model(tmp_path / "m.onnx", attention=False, class_map=True, input_size=None)
    runtime = Runtime(path)
    runtime.warm_up()
    image = np.concatenate([picture(RED), picture(GREEN)], axis=1)
    outputs = runtime.infer(image[None])
    assert list(outputs) == ["scores", "class_map"]
    expected = np.repeat([[1] * 6 + [0] * 6], 4, axis=0)
    np.testing.assert_array_equal(outputs["class_map"][0], expected)
    tensor = InferRequest("m", "1", [Tensor("image", "UINT8", (1, 4, 12, 3), image[None])])
    response = answer(tensor, runtime, max_batch=1, max_request_pixels=48).response
    tensors = {one.name: one for one in response.outputs}
    assert list(tensors) == ["scores", "class_map", "verdict", "accepted"]
    assert tensors["class_map"].datatype == "UINT8"
    np.testing.assert_array_equal(tensors["class_map"].data, expected[None])


def test_threads_may_share_a_runtime(runtime):
    images = np.random.default_rng(5).integers(0, 256, (8, 1, 9, 9, 3), np.uint8)
    alone = [runtime.infer(image)["scores"] for image in images]
    wrong = []

    def work(index):
        for _ in range(50):
            if not np.array_equal(runtime.infer(images[index])["scores"], alone[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(images))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


LARGE = """
import sys
from gain_serving import Runtime
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
small = Runtime(sys.argv[1], threads=1)
before = resident()
large = Runtime(sys.argv[2], threads=1)
print(resident() - before)
"""


@pytest.mark.slow
def test_the_weights_are_held_once(tmp_path, serving_environment):
    """A model of 64 MB takes 64 MB, and not those of its file besides."""
    small, path = write_model(tmp_path / "s.onnx"), write_model(tmp_path / "l.onnx")
    model = onnx.load(path)
    weight = np.random.default_rng(0).random(16_000_000, np.float32)
    model.graph.initializer.append(numpy_helper.from_array(weight, "w"))
    model.graph.node.append(helper.make_node("Slice", ["w", "zero", "height"], ["first"]))
    model.graph.node.insert(0, helper.make_node("Shape", ["image"], ["height"], start=1, end=2))
    model.graph.output.append(helper.make_tensor_value_info("first", TensorProto.FLOAT, ["H"]))
    onnx.save(model, path)
    done = subprocess.run(
        [sys.executable, "-c", LARGE, small, path],
        env=serving_environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert 60e6 < int(done.stdout) < 100e6


SIZES = """
import sys
import numpy as np
from gain_serving import Runtime
runtime = Runtime(sys.argv[1], threads=1)
random = np.random.default_rng(0)
for number in range(1000):
    runtime.infer(np.zeros((1, *random.integers(100, 700, 2), 3), np.uint8))
    if number in (150, 999):
        print(int(open("/proc/self/statm").read().split()[1]) * 4096)
"""


@pytest.mark.slow
def test_memory_is_flat_whatever_sizes_come(tmp_path, serving_environment):
    path = write_model(tmp_path / "m.onnx")
    done = subprocess.run(
        [sys.executable, "-c", SIZES, path],
        env=serving_environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    before, after = map(int, done.stdout.split())
    assert after - before < 4e6


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((1, 4, 4, 1), np.uint8),
        np.zeros((1, 4, 4, 3), np.float32),
        np.zeros((0, 4, 4, 3), np.uint8),
        np.zeros((1, 0, 4, 3), np.uint8),
    ],
)
def test_other_arrays_are_refused(runtime, images):
    with pytest.raises(BadRequestError, match=r"images must be uint8 \(N, H, W, 3\)"):
        runtime.decide(images)


def test_a_bad_image_is_told(runtime):
    with pytest.raises(BadImageError, match="no JPEG, PNG, BMP, TIFF or WebP"):
        runtime.decide([png(picture(RED)), b"hello"])


def test_the_limit_of_pixels(tmp_path):
    runtime = Runtime(write_model(tmp_path / "m.onnx"), max_pixels=24)
    assert len(runtime.decide([png(picture(RED, 4, 6))])) == 1
    with pytest.raises(TooLargeError, match="5 x 5 = 25 pixels, more than the 24"):
        runtime.decide([png(picture(RED, 5, 5))])


def external(path):
    """Keep the weights in a file beside the model."""
    model = onnx.load(path)
    onnx.save(model, path, save_as_external_data=True, location="weights.bin", size_threshold=0)


def external_in_a_branch(path):
    """Hide a tensor in another file in the branch of an If in a branch of an If."""
    model = onnx.load(path)
    branch = branch_with_a_tensor_elsewhere()
    for _ in range(2):
        node = helper.make_node("If", ["x"], ["y"], then_branch=branch, else_branch=branch)
        branch = helper.make_graph([node], "outer", [], [])
    model.graph.node.extend(branch.node)
    path.write_bytes(model.SerializeToString())


@pytest.mark.parametrize("hide", [external, external_in_a_branch])
def test_data_in_other_files_is_refused(tmp_path, hide):
    path = write_model(tmp_path / "m.onnx")
    hide(path)
    with pytest.raises(BadModelError, match=r"m\.onnx: keeps \d tensors in other files \("):
        Runtime(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is not an ONNX file: it has no graph"),
        (b"hello, I am no model", "is not an ONNX file"),
        (b"ORTM" * 10, "is not an ONNX file"),
    ],
)
def test_what_is_no_model(tmp_path, content, said):
    path = tmp_path / "m.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadModelError, match=rf"m\.onnx: {said}"):
        Runtime(path)


def test_half_a_model_is_refused(tmp_path):
    path = write_model(tmp_path / "m.onnx")
    content = path.read_bytes()
    for length in range(0, len(content) - 1, 97):
        path.write_bytes(content[:length])
        with pytest.raises(BadModelError, match=r"m\.onnx: "):
            Runtime(path)


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"task": "detection"}, "gain.task: Input should be 'classification' or 'segmentation'"),
        ({"input_size": [8, 0]}, "gain.input_size.1: .*greater than 0"),
        ({"task": "segmentation"}, "class_map is missing from a segmenter"),
        ({"class_names": ...}, "gain.class_names: Field required"),
        ({"class_names": []}, "gain.class_names: Tuple should have at least 1 item"),
        ({"class_names": ["a", "b", "a"]}, "gain.class_names: .* the same name"),
        ({"single_label": "yes"}, "gain.single_label: Input should be a valid boolean"),
        ({"thresholds": {"score": 1.5}}, "gain.thresholds.score: .*less than or equal to 1"),
        (
            {"thresholds": {"score": 0.5, "reject_band": [0.6, 0.4]}},
            r"reject_band must be \[low, high\]",
        ),
        ({"task": ..., "name": 3}, "gain.task: Field required; gain.name: Input should be"),
    ],
)
def test_wrong_metadata_is_told(tmp_path, overrides, said):
    with pytest.raises(BadModelError, match=said):
        Runtime(write_model(tmp_path / "m.onnx", **overrides))


def test_metadata_that_is_no_json(tmp_path):
    path = write_model(tmp_path / "m.onnx")
    model = onnx.load(path)
    for entry in model.metadata_props:
        entry.value = entry.value[:-1] if entry.key == "gain.thresholds" else entry.value
    onnx.save(model, path)
    with pytest.raises(BadModelError, match=r"metadata is wrong: gain.thresholds is no JSON$"):
        Runtime(path)


def test_a_model_of_somebody_else(tmp_path):
    path = write_model(tmp_path / "m.onnx")
    model = onnx.load(path)
    del model.metadata_props[:]
    onnx.save(model, path)
    with pytest.raises(BadModelError, match="has no metadata of gain-tf"):
        Runtime(path)


def test_class_names_and_scores_disagree(tmp_path):
    path = write_model(tmp_path / "m.onnx", class_names=["a", "b"])
    with pytest.raises(BadModelError, match=r"scores have the shape \['N', 3\], with 2 class"):
        Runtime(path)


def test_other_inputs_and_outputs_are_refused(tmp_path):
    path = tmp_path / "m.onnx"
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    for key, text in metadata().items():
        model.metadata_props.add(key=key, value=text)
    onnx.save(model, path)
    with pytest.raises(BadModelError, match="its only input must be image"):
        Runtime(path)


def test_the_description_is_what_was_written(runtime):
    description = runtime.description
    assert description.class_names == ("class 0", "class 1", "class 2")
    assert description.input_size == (8, 8)
    assert description.thresholds.score == 0.5
    assert description.created == json.loads(metadata()["gain.created"])
