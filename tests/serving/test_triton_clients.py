"""NVIDIA's clients, unchanged: every call that they have, over each of their four forms."""

import asyncio
import re
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.grpc.aio
import tritonclient.http
import tritonclient.http.aio
from server_process import wait_until
from tritonclient.utils import InferenceServerException

CLIENTS = {
    "http": tritonclient.http,
    "http.aio": tritonclient.http.aio,
    "grpc": tritonclient.grpc,
    "grpc.aio": tritonclient.grpc.aio,
}

# Red, green, blue: classes 0, 1, 2 of the tiny model's version 1.
COLOURS = np.zeros((3, 6, 4, 3), np.uint8)
COLOURS[[0, 1, 2], :, :, [0, 1, 2]] = 255

# softmax(1, 0, 0)
BEST, OTHER = np.exp(1) / (np.exp(1) + 2), 1 / (np.exp(1) + 2)
SCORES = np.full((3, 3), OTHER) + (BEST - OTHER) * np.eye(3)


class Caller:
    """One of the clients; the asynchronous ones waited for."""

    def __init__(self, form, server):
        self.form, self.module = form, CLIENTS[form]
        self.protocol = form.partition(".")[0]
        self.url = server.http if self.protocol == "http" else server.grpc

    def __call__(self, method, *args, **options):
        if not self.form.endswith("aio"):
            with self.module.InferenceServerClient(self.url) as client:
                return getattr(client, method)(*args, **options)

        async def called():
            async with self.module.InferenceServerClient(self.url) as client:
                return await getattr(client, method)(*args, **options)

        return asyncio.run(called())

    def json(self, method, *args, **options):
        if self.protocol == "grpc":
            return self(method, *args, as_json=True, **options)
        return self(method, *args, **options)

    def input(self, array, name="image", datatype="UINT8", **options):
        tensor = self.module.InferInput(name, list(array.shape), datatype)
        return tensor.set_data_from_numpy(array, **options)

    def encoded(self, images):
        return self.input(np.array(images, np.object_), "image_bytes", "BYTES")

    def output(self, name, **options):
        return self.module.InferRequestedOutput(name, **options)


@pytest.fixture(params=CLIENTS)
def client(request, server):
    return Caller(request.param, server)


def png(image):
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


def test_health(client):
    assert client("is_server_live") is True
    assert client("is_server_ready") is True
    assert client("is_model_ready", "tiny") is True
    assert client("is_model_ready", "tiny", "1") is True
    assert client("is_model_ready", "tiny", "3") is False
    assert client("is_model_ready", "broken") is False
    assert client("is_model_ready", "nothing") is False


def test_server_metadata(client):
    told = client.json("get_server_metadata")
    assert told["name"] == "gain-serving"
    assert {"classification", "binary_tensor_data", "statistics"} <= set(told["extensions"])


def test_model_metadata(client):
    told = client.json("get_model_metadata", "tiny")
    assert (told["name"], told["versions"]) == ("tiny", ["1", "2"])
    assert [one["name"] for one in told["inputs"]] == ["image", "image_bytes"]
    scores = told["outputs"][0]
    assert (scores["name"], scores["datatype"]) == ("scores", "FP32")
    assert [int(size) for size in scores["shape"]] == [-1, 3]
    flat = client.json("get_model_metadata", "flat", "1")
    assert [one["name"] for one in flat["outputs"]] == ["scores", "verdict", "accepted", "overlay"]


def test_model_config(client):
    told = client.json("get_model_config", "tiny", "1")
    config = told["config"] if client.protocol == "grpc" else told
    assert (config["name"], config["backend"]) == ("tiny", "onnxruntime")
    assert config["input"][0]["data_type"] == "TYPE_UINT8"
    assert [int(size) for size in config["input"][0]["dims"]] == [-1, -1, -1, 3]


def test_repository_index(client):
    told = client.json("get_model_repository_index")
    rows = told.get("models", []) if client.protocol == "grpc" else told
    states = {(row["name"], row["version"]): row["state"] for row in rows}
    assert states == {
        ("broken", "1"): "UNAVAILABLE",
        ("flat", "1"): "READY",
        ("tiny", "1"): "READY",
        ("tiny", "2"): "READY",
    }
    assert "manifest.json says" in next(row["reason"] for row in rows if row["name"] == "broken")


def test_load_and_unload(client):
    client("unload_model", "flat")
    assert client("is_model_ready", "flat") is False
    with pytest.raises(InferenceServerException, match="'flat' is not serving: unloaded"):
        client("infer", "flat", [client.input(COLOURS)])
    client("load_model", "flat")
    assert client("is_model_ready", "flat") is True
    with pytest.raises(InferenceServerException, match=r"manifest\.json says"):
        client("load_model", "broken")
    with pytest.raises(InferenceServerException, match="no model named 'nothing'"):
        client("load_model", "nothing")
    with pytest.raises(InferenceServerException, match="no model named 'nothing'"):
        client("unload_model", "nothing")
    with pytest.raises(InferenceServerException, match="load takes no parameters"):
        client("load_model", "flat", config='{"name": "flat"}')


def test_statistics(client):
    def counted():
        row = client.json("get_inference_statistics", "tiny", "1")["model_stats"][0]
        success = row["inference_stats"]["success"]
        return int(row.get("inference_count", 0)), int(success.get("count", 0)), row

    images, requests, _ = counted()
    client("infer", "tiny", [client.input(COLOURS)], "1")
    more_images, more_requests, row = counted()
    assert (more_images - images, more_requests - requests) == (3, 1)
    assert {int(batch["batch_size"]) for batch in row["batch_stats"]} >= {3}
    every = client.json("get_inference_statistics")["model_stats"]
    assert {row["name"] for row in every} >= {"tiny"}


def test_a_tensor_of_three_images(client):
    result = client("infer", "tiny", [client.input(COLOURS)], "1", request_id="seven")
    np.testing.assert_allclose(result.as_numpy("scores"), SCORES, atol=1e-6)
    # Red in [0, 1] where the image is red, 2 x 2 pixels each.
    attention = np.zeros((3, 1, 3, 2), np.float32)
    attention[0] = 1
    np.testing.assert_array_equal(result.as_numpy("attention"), attention)
    np.testing.assert_array_equal(result.as_numpy("attention_class"), [[0], [1], [2]])
    assert result.as_numpy("verdict").tolist() == [b"class 0", b"class 1", b"class 2"]
    assert result.as_numpy("accepted").tolist() == [True, True, True]
    response = result.get_response()
    told = (
        response
        if isinstance(response, dict)
        else {key: getattr(response, key) for key in ("id", "model_name", "model_version")}
    )
    assert told["id"] == "seven"
    assert (told["model_name"], told["model_version"]) == ("tiny", "1")


def test_the_newest_version_unless_told(client):
    result = client("infer", "tiny", [client.input(COLOURS)])
    assert result.as_numpy("verdict").tolist() == [b"class 2"] * 3


def test_encoded_images(client):
    result = client("infer", "tiny", [client.encoded([png(image) for image in COLOURS])], "1")
    np.testing.assert_allclose(result.as_numpy("scores"), SCORES, atol=1e-6)


def test_images_of_different_size(client):
    images = [png(COLOURS[0]), png(np.repeat(COLOURS[1], 3, 0))]
    outputs = [client.output("verdict")]
    result = client("infer", "tiny", [client.encoded(images)], "1", outputs=outputs)
    assert result.as_numpy("verdict").tolist() == [b"class 0", b"class 1"]
    with pytest.raises(InferenceServerException, match="send them one by one"):
        client("infer", "tiny", [client.encoded(images)], "1")


def test_outputs_as_asked(client):
    outputs = [client.output("verdict"), client.output("scores")]
    result = client("infer", "tiny", [client.input(COLOURS[:1])], "1", outputs=outputs)
    assert result.as_numpy("verdict").tolist() == [b"class 0"]
    assert result.as_numpy("attention") is None


def test_classification(client):
    outputs = [client.output("scores", class_count=2)]
    result = client("infer", "tiny", [client.input(COLOURS[1:])], "1", outputs=outputs)
    assert result.as_numpy("scores").tolist() == [
        [b"0.576117:1:class 1", b"0.211942:0:class 0"],
        [b"0.576117:2:class 2", b"0.211942:0:class 0"],
    ]


def test_an_overlay(client):
    inputs = [client.input(COLOURS[:1])]
    result = client("infer", "tiny", inputs, "1", parameters={"overlay": True})
    picture = cv2.imdecode(np.frombuffer(result.as_numpy("overlay")[0], np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (6, 4, 3)
    asked = [client.output("overlay")]
    result = client("infer", "flat", inputs, outputs=asked)
    assert result.as_numpy("overlay").tolist() == [b""]


@pytest.mark.parametrize("algorithm", ["gzip", "deflate"])
def test_a_compressed_request(client, algorithm):
    key = "compression_algorithm" if client.protocol == "grpc" else "request_compression_algorithm"
    result = client("infer", "tiny", [client.input(COLOURS)], "1", **{key: algorithm})
    np.testing.assert_allclose(result.as_numpy("scores"), SCORES, atol=1e-6)


@pytest.mark.parametrize("form", ["http", "http.aio"])
@pytest.mark.parametrize("binary", [True, False])
def test_json_and_packed_tensors(server, form, binary):
    client = Caller(form, server)
    names = ("scores", "attention_class", "verdict", "accepted")
    outputs = [client.output(name, binary_data=not binary) for name in names]
    inputs = [client.input(COLOURS, binary_data=binary)]
    result = client("infer", "tiny", inputs, "1", outputs=outputs)
    np.testing.assert_allclose(result.as_numpy("scores"), SCORES, atol=1e-6)
    assert result.as_numpy("attention_class").tolist() == [[0], [1], [2]]
    verdict = result.as_numpy("verdict")[0]
    assert verdict == ("class 0" if binary else b"class 0")
    assert result.as_numpy("accepted").tolist() == [True] * 3


def test_a_compressed_answer_may_be_asked_for(server):
    client = Caller("http", server)
    inputs = [client.input(COLOURS)]
    result = client("infer", "tiny", inputs, "1", response_compression_algorithm="gzip")
    np.testing.assert_allclose(result.as_numpy("scores"), SCORES, atol=1e-6)


def test_asynchronous_calls_of_the_http_client(server):
    with tritonclient.http.InferenceServerClient(server.http, concurrency=4) as client:
        inputs = [Caller("http", server).input(COLOURS)]
        pending = [client.async_infer("tiny", inputs, "1") for _ in range(8)]
        for one in pending:
            np.testing.assert_allclose(one.get_result().as_numpy("scores"), SCORES, atol=1e-6)


def test_asynchronous_calls_of_the_grpc_client(server):
    answers = []

    def keep(result, error):
        answers.append((result, error))

    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        inputs = [Caller("grpc", server).input(COLOURS)]
        for _ in range(8):
            client.async_infer("tiny", inputs, keep)
        wait_until(lambda: len(answers) == 8, 10)
    assert [error for _, error in answers] == [None] * 8


def test_a_stream(server):
    answers = []
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        client.start_stream(lambda result, error: answers.append((result, error)))
        inputs = [Caller("grpc", server).input(COLOURS)]
        client.async_stream_infer("tiny", inputs, request_id="a")
        client.async_stream_infer("nothing", inputs, request_id="b")
        client.async_stream_infer("tiny", inputs, "1", enable_empty_final_response=True)
        client.stop_stream()
    assert len(answers) == 3
    assert answers[0][0].get_response().id == "a"
    assert "no model named 'nothing'" in str(answers[1][1])
    assert answers[2][0].get_response().parameters["triton_final_response"].bool_param


def test_a_stream_of_the_asynchronous_client(server):
    inputs = [Caller("grpc.aio", server).input(COLOURS)]

    async def requests():
        for name in ("tiny", "nothing"):
            yield {"model_name": name, "inputs": inputs}

    async def answers():
        async with tritonclient.grpc.aio.InferenceServerClient(server.grpc) as client:
            return [pair async for pair in client.stream_infer(requests())]

    (result, error), (nothing, wrong) = asyncio.run(answers())
    assert error is None
    assert result.as_numpy("verdict").tolist() == [b"class 2"] * 3
    assert nothing is None
    assert "no model named" in str(wrong)


def test_a_request_body_made_by_the_client_and_sent_otherwise(server):
    client = tritonclient.http.InferenceServerClient
    body, length = client.generate_request_body([Caller("http", server).input(COLOURS)])
    headers = {"Inference-Header-Content-Length": str(length)}
    url = f"{server.url}/v2/models/tiny/versions/1/infer"
    answer = httpx.post(url, content=body, headers=headers)
    length = int(answer.headers["Inference-Header-Content-Length"])
    result = client.parse_response_body(answer.content, header_length=length)
    np.testing.assert_allclose(result.as_numpy("scores"), SCORES, atol=1e-6)


UNSUPPORTED = {
    "get_system_shared_memory_status": (),
    "register_system_shared_memory": ("region", "/key", 64),
    "unregister_system_shared_memory": (),
    "get_cuda_shared_memory_status": (),
    "register_cuda_shared_memory": ("region", b"aGFuZGxl", 0, 64),
    "unregister_cuda_shared_memory": (),
    "get_trace_settings": (),
    "update_trace_settings": ("tiny", {"trace_rate": ["1"]}),
    "get_log_settings": (),
    "update_log_settings": ({"log_info": True},),
}


@pytest.mark.parametrize("method", UNSUPPORTED)
def test_what_is_not_supported_says_so(client, method):
    with pytest.raises(InferenceServerException, match="not supported"):
        client(method, *UNSUPPORTED[method])


def test_shared_memory_tensors_are_refused(client):
    tensor = client.module.InferInput("image", [1, 2, 2, 3], "UINT8")
    tensor.set_shared_memory("region", 12)
    with pytest.raises(InferenceServerException, match="shared memory is not supported"):
        client("infer", "tiny", [tensor])


def test_no_call_is_left_out():
    """Every public method of the clients is named in this file."""
    here = Path(__file__).read_text()
    own = {"close", "plugin", "register_plugin", "unregister_plugin"}
    for module in CLIENTS.values():
        client = module.InferenceServerClient
        names = {name for name in dir(client) if not name.startswith("_")} - own
        assert {name for name in names if not re.search(rf"\b{name}\b", here)} == set()
