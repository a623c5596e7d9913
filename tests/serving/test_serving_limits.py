"""What the server takes at most, and that the next good request is right."""

import gzip
import json
import struct
import threading
import time
import zlib

import cv2
import grpc
import httpx
import numpy as np
import pytest
from half_sent import own_channel
from raw_http import HEAD, all_connected, connected, is_closed, read_answer
from server_process import wait_until
from tritonclient.grpc import service_pb2, service_pb2_grpc

BODY, BATCH, PIXELS, SECONDS = 200_000, 4, 10_000, 1.0
GOOD = {"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 2, 2, 3], "data": [0] * 12}]}


@pytest.fixture(scope="module")
def server(start_server, repository):
    server = start_server(
        repository,
        max_body_bytes=BODY,
        max_batch=BATCH,
        max_pixels=PIXELS,
        header_timeout=SECONDS,
        body_timeout=SECONDS,
    )
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def _serves_on(server):
    """After every test: the next good request is right."""
    yield
    assert_serves(server)


def assert_serves(server):
    answer = httpx.post(f"{server.url}/v2/models/tiny/versions/2/infer", json=GOOD)
    assert answer.status_code == 200
    outputs = {output["name"]: output["data"] for output in answer.json()["outputs"]}
    assert outputs["verdict"] == ["class 2"]


def infer(server, content=None, headers=None, **body):
    url = f"{server.url}/v2/models/tiny/infer"
    if content is not None:
        answer = httpx.post(url, content=content, headers=headers)
    else:
        answer = httpx.post(url, json=body)
    return answer.status_code, answer.json().get("error", "")


def grpc_infer(server, **fields):
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.grpc, options) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        request = service_pb2.ModelInferRequest(model_name="tiny", **fields)
        try:
            return stub.ModelInfer(request, timeout=20), ""
        except grpc.RpcError as error:
            return error.code(), error.details()


def tensor(shape, name="image", datatype="UINT8", **fields):
    return {"name": name, "datatype": datatype, "shape": shape, **fields}


def packed(shape, raw, **fields):
    """Body and headers of a request with one packed tensor."""
    declared = tensor(shape, parameters={"binary_data_size": len(raw)}, **fields)
    head = json.dumps({"inputs": [declared]}).encode()
    return {"content": head + raw, "headers": {"Inference-Header-Content-Length": str(len(head))}}


def encoded(data):
    raw = struct.pack("<I", len(data)) + data
    return packed([1], raw, name="image_bytes", datatype="BYTES")


def test_a_body_that_says_it_is_too_large_is_refused_unread(server):
    with connected(server.http_port) as connection:
        connection.sendall(f"{HEAD}Content-Length: {10**15}\r\n\r\n".encode())
        status, body = read_answer(connection)
    assert status == 413
    assert b"more than the 200000 bytes allowed" in body


@pytest.mark.parametrize("size", [BODY + 1, 20 * BODY])
def test_who_sends_too_much_still_gets_the_answer(server, size):
    assert infer(server, content=bytes(size))[0] == 413


def test_a_call_about_the_repository_is_small(start_server, repository):
    server = start_server(repository)
    answer = httpx.post(f"{server.url}/v2/repository/index", content=bytes(2**20 + 1))
    assert answer.status_code == 413


def test_a_body_of_unknown_length_is_counted(server):
    assert infer(server, content=(bytes(1000) for _ in range(BODY // 1000 + 1)))[0] == 413


def test_a_message_that_is_too_large(server):
    code, reason = grpc_infer(server, raw_input_contents=[bytes(4 * BODY)])
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "larger than max" in reason


@pytest.mark.parametrize("name", ["gzip", "deflate"])
def test_a_body_that_inflates_too_far(server, name):
    memory = server.memory()
    bomb = zlib.compress(bytes(100_000_000)) if name == "deflate" else gzip.compress(bytes(10**8))
    status, reason = infer(server, content=bomb, headers={"Content-Encoding": name})
    assert (status, "inflates to more" in reason) == (413, True)
    assert server.memory() - memory < 50_000_000


def test_a_compressed_message_that_inflates_too_far(server):
    memory = server.memory()
    with grpc.insecure_channel(
        server.grpc, [("grpc.max_send_message_length", -1)], grpc.Compression.Gzip
    ) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        request = service_pb2.ModelInferRequest(raw_input_contents=[bytes(100_000_000)])
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(request, timeout=20)
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert server.memory() - memory < 150_000_000


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (b"no gzip", "gzip", "the body is no gzip"),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", "no whole gzip"),
        (gzip.compress(b"{}", mtime=0) + b"x", "gzip", "no whole gzip"),
        (b"{}", "br", "is not gzip or deflate"),
    ],
)
def test_a_body_that_cannot_be_inflated(server, content, encoding, message):
    status, reason = infer(server, content=content, headers={"Content-Encoding": encoding})
    assert (status, message in reason) == (400, True)


def test_a_body_that_stops_gets_408(server):
    with connected(server.http_port) as connection:
        started = time.monotonic()
        connection.sendall(f"{HEAD}Content-Length: 100\r\n\r\nabc".encode())
        status, body = read_answer(connection)
        assert status == 408
        assert b"did not arrive within 1 s" in body
        assert is_closed(connection)
    assert 0.8 * SECONDS < time.monotonic() - started < 5 * SECONDS


def test_a_body_that_trickles_gets_408(server):
    with connected(server.http_port) as connection:
        connection.sendall(f"{HEAD}Content-Length: 1000\r\n\r\n".encode())
        end = time.monotonic() + 10
        connection.settimeout(0.1)
        while time.monotonic() < end:
            connection.sendall(b"x")
            try:
                assert read_answer(connection)[0] == 408
                break
            except TimeoutError:
                continue
        else:
            raise AssertionError("there was no answer")


def test_a_message_that_stops_gets_its_deadline(server):
    """The client opens a call and sends nothing."""
    with grpc.insecure_channel(server.grpc) as channel:
        call = channel.stream_unary("/inference.GRPCInferenceService/ModelInfer")
        forever = threading.Event()

        def nothing():
            forever.wait(20)
            yield b""

        try:
            with pytest.raises(grpc.RpcError) as caught:
                call(nothing(), timeout=15)
        finally:
            forever.set()
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    assert "did not arrive within 1 s" in caught.value.details()


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: "])
def test_half_open_connections_are_closed(server, sent):
    with all_connected(server.http_port, 500) as connections:
        for connection in connections:
            connection.sendall(sent)
        assert_serves(server)
        assert all(is_closed(connection) for connection in connections)


def test_half_open_grpc_connections_are_closed(server):
    with all_connected(server.grpc_port, 100) as connections:
        assert grpc_infer(server, **_good_message())[1] == ""
        assert all(is_closed(connection) for connection in connections)


def _good_message():
    inputs = [service_pb2.ModelInferRequest.InferInputTensor(**tensor([1, 2, 2, 3]))]
    return {"inputs": inputs, "raw_input_contents": [bytes(12)]}


@pytest.mark.parametrize(
    ("shape", "status", "message"),
    [
        ([5, 2, 2, 3], 413, "5 images in one request, more than the 4"),
        ([1, 300, 300, 3], 413, "takes 270000 bytes, more than the 200000"),
        ([2**62, 2**62, 2**62, 3], 413, "over 2^63"),
        ([2**32, 2**32, 1, 1], 413, "over 2^63"),
        ([1, -2, -2, 3], 400, "has a negative size"),
        ([-1, 2, 2, 3], 400, "has a negative size"),
        ([0, 2, 2, 3], 400, "60 bytes were sent"),
        ([1, 2, 2, 4], 400, "60 bytes were sent"),
        ([12], 400, "60 bytes were sent"),
        ([60], 400, "must be UINT8 [N, H, W, 3]"),
        ([5, 2, 2, 3, 1], 400, "must be UINT8 [N, H, W, 3]"),
        ([1, 2, 10, 3], 200, ""),
    ],
)
def test_shapes(server, shape, status, message):
    size = 60
    assert infer(server, **packed(shape, bytes(size)))[0] == status
    assert message in infer(server, **packed(shape, bytes(size)))[1]
    inputs = [service_pb2.ModelInferRequest.InferInputTensor(**tensor(shape))]
    answer, reason = grpc_infer(server, inputs=inputs, raw_input_contents=[bytes(size)])
    assert message in reason
    assert (reason == "") == (status == 200), answer


def test_a_shape_of_very_many_sizes(server):
    """Their product would take the server minutes."""
    inputs = [service_pb2.ModelInferRequest.InferInputTensor(**tensor([2**62] * 20_000))]
    code, reason = grpc_infer(server, inputs=inputs, raw_input_contents=[b"abc"])
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "the shape has 20000 sizes, more than 16" in reason


def test_very_many_outputs(server):
    code, reason = grpc_infer(server, outputs=[{"name": ""}] * 60_000)
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "60000 outputs in one request" in reason


def test_a_long_text_among_very_many_numbers(server):
    """As an array of texts, each as long as the longest, they would take 16 GB."""
    data = [1] * 60_000 + ["x" * 60_000]
    memory = server.memory()
    status, reason = infer(server, inputs=[tensor([1, 1, 20_667, 3], data=data[:-1])])
    assert (status, "data must be 62001 values" in reason) == (400, True)
    status, reason = infer(server, inputs=[tensor([60_001], data=data)])
    assert (status, "data holds what is no UINT8" in reason) == (400, True)
    assert server.memory() - memory < 50_000_000


def test_a_channel_too_many(server):
    status, reason = infer(server, **packed([1, 3, 5, 4], bytes(60)))
    assert (status, "uint8 (N, H, W, 3)" in reason) == (400, True)


def test_a_bomb_of_pixels_is_refused_by_its_header(server):
    bomb = cv2.imencode(".png", np.zeros((2000, 2000), np.uint8))[1].tobytes()
    status, reason = infer(server, **encoded(bomb))
    assert (status, "2000 x 2000" in reason) == (413, True)


def test_images_that_are_too_large_together(server):
    """Of a server that says nothing else: more than two of the largest size."""
    image = cv2.imencode(".png", np.zeros((80, 100), np.uint8))[1].tobytes()
    element = struct.pack("<I", len(image)) + image

    def request(count):
        return packed([count], count * element, name="image_bytes", datatype="BYTES")

    assert infer(server, **request(2)) == (200, "")
    status, reason = infer(server, **request(3))
    assert (status, "24000 pixels together, more than the 20000" in reason) == (413, True)
    inputs = [service_pb2.ModelInferRequest.InferInputTensor(**tensor([3], "image_bytes", "BYTES"))]
    code, reason = grpc_infer(server, inputs=inputs, raw_input_contents=[3 * element])
    assert code == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "24000 pixels together" in reason


@pytest.mark.parametrize("cut", [0, 10, 60])
def test_a_truncated_image(server, cut):
    whole = cv2.imencode(".jpg", np.zeros((40, 40, 3), np.uint8))[1].tobytes()
    assert infer(server, **encoded(whole[:cut]))[0] == 400


def test_a_full_queue(start_server, repository):
    """Requests of thousands of images are slow enough to wait for each other."""
    busy = start_server(repository, max_queue=1, max_batch=100_000, threads=1)
    raw = bytes(20_000 * 8 * 8 * 3)
    statuses = []

    def call():
        statuses.append(infer(busy, **packed([20_000, 8, 8, 3], raw))[0])

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200, 429}
    assert_serves(busy)


def test_many_connections_wait_their_turn(start_server, repository):
    few = start_server(repository, max_connections=4, header_timeout=1)
    with all_connected(few.http_port, 12) as connections:
        assert_serves(few)
        wait_until(lambda: all(is_closed(connection) for connection in connections), 20)


def test_a_grpc_connection_too_many_is_closed(start_server, repository):
    few = start_server(repository, max_connections=4)
    channels = [own_channel(few.grpc) for _ in range(5)]
    try:
        assert [lives(channel) for channel in channels] == [True] * 4 + [False]
        assert lives(channels[0])
        channels[1].close()

        def another_lives():
            # A channel that was refused once waits longer and longer before it tries again.
            with own_channel(few.grpc) as another:
                return lives(another)

        wait_until(another_lives, 10)
    finally:
        for channel in channels:
            channel.close()


def lives(channel):
    """Whether the server answers; False where it cannot be reached."""
    stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
    try:
        return stub.ServerLive(service_pb2.ServerLiveRequest(), timeout=5).live
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.UNAVAILABLE:
            raise
        return False
