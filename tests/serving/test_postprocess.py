"""Class maps refined by the dense CRF: as the training machine refines them; refused in sentences.

The processes of the CRF: killed, stopped and left alone.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
import tritonclient.grpc
from models import write_model
from repositories import add_version
from server_process import wait_until
from support import tiny_segmenter

import gain_export
from gain_serving import Runtime
from gain_serving.assembly import open_service
from gain_serving.errors import BadModelError, ModelUnavailableError, UserError
from gain_serving.postprocess import DenseCrf
from gain_serving.settings import load_settings
from gain_tf.segmentation.full_crf import refine
from gain_tf.segmentation.inference import InferenceSettings, class_maps

SIZE = (32, 48)
PIXELS = {"name": "image", "datatype": "UINT8"}
SEGMENTER = {"attention": False, "class_map": True, "input_size": None}


@pytest.fixture(scope="module")
def crf():
    pytest.importorskip("pydensecrf.densecrf")
    crf = DenseCrf(2)
    yield crf
    crf.close()


def photograph(seed, size=(60, 80)):
    """Smooth colours with noise, in which the CRF changes more than a few pixels."""
    random = np.random.default_rng(seed)
    coarse = cv2.resize(random.uniform(0, 255, (4, 5, 3)), size[::-1])
    return np.clip(coarse + random.normal(0, 9, coarse.shape), 0, 255).astype(np.uint8)


def png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


def test_class_maps_are_those_of_the_training_machine(crf, tmp_path):
    path = write_model(tmp_path / "m.onnx", probabilities=True, **SEGMENTER)
    runtime = Runtime(path, crf=crf)
    batch = np.stack([photograph(1), photograph(2)])
    batch.flags.writeable = False
    images = [*batch, photograph(3, (41, 53))]
    decisions = [*runtime.decide(batch), *runtime.decide([png(images[2])])]
    for image, decision in zip(images, decisions, strict=True):
        probabilities = runtime.infer(image[None])["probabilities"][0]
        expected = refine(image.copy(), probabilities).argmax(axis=-1)
        assert decision.class_map.dtype == np.uint8
        np.testing.assert_array_equal(decision.class_map, expected)
        enlarged = cv2.resize(probabilities, image.shape[1::-1]).argmax(axis=-1)
        assert (enlarged != expected).mean() > 0.01
        assert decision.timings.postprocess > 0
    assert runtime.decide(batch, class_map=False)[0].class_map is None


def test_a_killed_process_is_replaced(crf):
    image, probabilities = photograph(1), np.full((4, 5, 3), 1 / 3, np.float32)
    crf.class_maps([image], [probabilities])
    processes = multiprocessing.active_children()
    assert processes
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
        process.join()

    def answered():
        with contextlib.suppress(ModelUnavailableError):
            return len(crf.class_maps([image] * 3, [probabilities] * 3)) == 3
        return False

    # The pool may take a moment to notice.
    wait_until(answered, 30)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, r"m\.onnx: is a classifier, and the dense CRF \(setting crf\) refines"),
        (SEGMENTER, r"m\.onnx: gives no probabilities, which .* export it again"),
        (
            {**SEGMENTER, "probabilities": True, "class_names": ["a", "b"]},
            r"probabilities have the shape .*, with 2 class names and background",
        ),
    ],
)
def test_what_cannot_be_refined_is_refused(crf, tmp_path, options, said):
    path = write_model(tmp_path / "m.onnx", **options)
    with pytest.raises(BadModelError, match=said):
        Runtime(path, crf=crf)


def test_a_server_without_pydensecrf_does_not_start(tmp_path, monkeypatch):
    add_version(tmp_path, "tiny", "1", **SEGMENTER)
    monkeypatch.setitem(sys.modules, "pydensecrf", None)
    open_service(load_settings({"repository": tmp_path}, None), None)
    with pytest.raises(UserError, match=r"needs pydensecrf: pip install 'gain-serving\[crf\]'"):
        open_service(load_settings({"repository": tmp_path, "crf": "tiny"}, None), None)


def test_a_model_that_is_not_there(tmp_path):
    add_version(tmp_path, "tiny", "1")
    settings = load_settings({"repository": tmp_path, "crf": "tiny, tinny"}, None)
    with pytest.raises(UserError, match=r"^crf: there is no model 'tinny' in .*; did you mean"):
        open_service(settings, None)


@pytest.fixture(scope="module")
def model():
    return tiny_segmenter(3)


def children(process):
    """Processes that a process has started, but for Python's own tracker of resources."""
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    every = [int(pid) for thread in threads for pid in read(thread / "children")]
    return [pid for pid in every if b"spawn_main" in b" ".join(read(f"/proc/{pid}/cmdline", b"\0"))]


def read(path, by=None):
    try:
        return Path(path).read_bytes().split(by)
    except OSError:
        return []


@pytest.fixture(scope="module")
def served(model, tmp_path_factory):
    """A repository with a segmenter and a classifier."""
    pytest.importorskip("pydensecrf.densecrf")
    repository = tmp_path_factory.mktemp("models")
    gain_export.to_repository(
        model, repository, name="masks", class_names=["a", "b", "c"], image_size=SIZE
    )
    add_version(repository, "verdicts", "1")
    return repository


def test_the_server_refines_what_it_is_told_to(model, served, start_server):
    server = start_server(served, crf="masks,verdicts", crf_processes=1)
    image = photograph(4)
    tensor = tritonclient.grpc.InferInput("image", [1, *image.shape], "UINT8")
    tensor.set_data_from_numpy(image[None])
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        found = client.infer("masks", [tensor]).as_numpy("class_map")
        rows = client.get_model_repository_index(as_json=True)["models"]
    expected, plain = (
        next(class_maps(model.predict_on_batch, [image], InferenceSettings(SIZE, crf=kind)))
        for kind in ("full", "none")
    )
    assert (expected != plain).mean() > 0.01
    # The network in ONNX Runtime and in TensorFlow: ties apart.
    assert (found[0] != expected).mean() <= 1e-3
    refused = next(row for row in rows if row["name"] == "verdicts")
    assert refused["state"] == "UNAVAILABLE"
    assert "is a classifier" in refused["reason"]
    [process] = children(server.process)
    assert server.stop() == 0
    wait_until(lambda: not Path(f"/proc/{process}").exists(), 10)


def test_a_process_ends_with_the_server_and_not_before(served, start_server):
    """A service manager sends SIGTERM to the server and its processes alike."""
    server = start_server(served, crf="masks", crf_processes=1)
    [process] = children(server.process)
    os.kill(process, signal.SIGTERM)
    request = {"inputs": [{**PIXELS, "shape": [1, 8, 8, 3], "data": [0] * 192}]}
    answer = httpx.post(f"{server.url}/v2/models/masks/infer", json=request, timeout=60)
    assert answer.status_code == 200
    assert children(server.process) == [process]
    server.kill()
    wait_until(lambda: not Path(f"/proc/{process}").exists(), 10)
