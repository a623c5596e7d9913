"""Requests wrong in every field that a fuzzer reaches: 4xx, and the next good one is right."""

import json
import struct

import grpc
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_http import connected, is_closed
from tritonclient.grpc import service_pb2

QUICK, MANY = 150, 2_000
"""Of each of the five kinds."""

GROWTH = 300_000_000
"""Bytes that the server may grow by: the caches of its libraries, never the requests."""

INFER = "/inference.GRPCInferenceService/ModelInfer"

texts = st.text(max_size=20)
numbers = st.one_of(
    st.integers(-3, 70),
    st.sampled_from([2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64, -(2**63), 10**400]),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, st.floats(), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
shapes = st.lists(st.one_of(numbers, st.integers(1, 3)), max_size=6)
names = st.one_of(st.sampled_from(["image", "image_bytes", "scores", "overlay", "verdict"]), texts)
datatypes = st.one_of(st.sampled_from(["UINT8", "BYTES", "FP32", "BOOL", "INT64", "FP16"]), texts)
parameters = st.dictionaries(
    st.one_of(
        st.sampled_from(
            [
                "binary_data",
                "binary_data_size",
                "binary_data_output",
                "classification",
                "overlay",
                "shared_memory_region",
            ]
        ),
        texts,
    ),
    values,
    max_size=3,
)


@st.composite
def mutated(draw):
    """A good request, of which some fields are something else."""
    tensor = {"name": "image", "datatype": "UINT8", "shape": [1, 1, 1, 3], "data": [1, 2, 3]}
    output = {"name": "scores"}
    request = {"inputs": [tensor], "outputs": [output]}
    fields = {
        "name": names,
        "datatype": datatypes,
        "shape": shapes,
        "data": st.one_of(values, st.lists(numbers, max_size=12)),
        "parameters": parameters,
    }
    for key in draw(st.sets(st.sampled_from(list(fields)), max_size=4)):
        tensor[key] = draw(st.one_of(fields[key], values))
    if draw(st.booleans()):
        output |= {"name": draw(names), "parameters": draw(parameters)}
    twice = draw(st.sampled_from([None, None, "inputs", "outputs"]))
    if twice:
        request[twice] = request[twice] * 2
    for key in draw(
        st.sets(st.sampled_from(["id", "parameters", "inputs", "outputs"]), max_size=1)
    ):
        request[key] = draw(st.one_of(values, parameters))
    if draw(st.integers(0, 9)) == 0:
        del request[draw(st.sampled_from(list(request)))]
    return request


@st.composite
def packed(draw):
    """A packed tensor whose sizes may be wrong, and the length of its JSON too."""
    name = draw(st.sampled_from(["image", "image_bytes"]))
    raw = draw(st.one_of(st.binary(max_size=40), elements()))
    size = draw(st.one_of(st.just(len(raw)), numbers))
    tensor = {
        "name": name,
        "datatype": draw(st.sampled_from(["UINT8", "BYTES"])),
        "shape": draw(st.one_of(st.just([1]), st.just([1, 1, 1, 3]), shapes)),
        "parameters": {"binary_data_size": size},
    }
    head = json.dumps({"inputs": [tensor]}).encode()
    length = draw(st.one_of(st.just(str(len(head))), numbers.map(str), st.just("x"), st.just("")))
    return head + raw, {"Inference-Header-Content-Length": length[:60]}


@st.composite
def elements(draw):
    """What a tensor of BYTES might be: pictures' beginnings after lengths that may be wrong."""
    signatures = st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"BM", b"II*\0", b""])
    parts = []
    for _ in range(draw(st.integers(0, 3))):
        data = draw(signatures) + draw(st.binary(max_size=30))
        length = draw(st.one_of(st.just(len(data)), st.integers(0, 2**32 - 1)))
        parts.append(struct.pack("<I", length) + data)
    return b"".join(parts)


@st.composite
def messages(draw):
    """A gRPC request, of which some fields are something else."""
    request = service_pb2.ModelInferRequest(model_name="tiny", model_version="1")
    int64 = st.integers(-(2**63), 2**63 - 1)
    for _ in range(draw(st.integers(0, 3))):
        tensor = request.inputs.add(
            name=draw(names),
            datatype=draw(datatypes),
            shape=draw(st.lists(st.one_of(int64, st.integers(-1, 3)), max_size=6)),
        )
        if draw(st.booleans()):
            tensor.contents.uint_contents.extend(
                draw(st.lists(st.integers(0, 2**32 - 1), max_size=12))
            )
        if draw(st.booleans()):
            tensor.contents.bytes_contents.extend(draw(st.lists(st.binary(max_size=9), max_size=3)))
    request.raw_input_contents.extend(
        draw(st.lists(st.one_of(st.binary(max_size=40), elements()), max_size=3))
    )
    for _ in range(draw(st.integers(0, 2))):
        output = request.outputs.add(name=draw(names))
        output.parameters["classification"].int64_param = draw(int64)
    if draw(st.booleans()):
        request.parameters["overlay"].string_param = draw(texts)
    return request.SerializeToString()


@pytest.fixture(scope="module")
def client(server):
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def call(server):
    with grpc.insecure_channel(server.grpc) as channel:
        yield channel.unary_unary(INFER)


@pytest.fixture(autouse=True)
def _unharmed(server, client):
    """After the fuzzing: the next good request is right, and memory has not grown with it."""
    before = server.memory()
    yield
    tensor = {"name": "image", "datatype": "UINT8", "shape": [1, 1, 1, 3], "data": [0, 0, 0]}
    answer = client.post("/v2/models/tiny/versions/2/infer", json={"inputs": [tensor]})
    outputs = {output["name"]: output["data"] for output in answer.json()["outputs"]}
    assert outputs["verdict"] == ["class 2"]
    assert server.memory() - before < GROWTH


def fuzz(strategy, check, examples):
    options = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    options(given(strategy)(check))()


def check_http(answer):
    """An answer is right, or refused with a sentence."""
    body = answer.json() if answer.headers["Content-Type"] == "application/json" else {}
    assert answer.status_code == 200 or 400 <= answer.status_code < 500, answer.text
    if answer.status_code != 200:
        assert body["error"]
        assert len(body["error"]) < 2000


def check_grpc(call, raw):
    refused = {
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }
    answer = call.future(raw, timeout=20)
    assert answer.code() in {grpc.StatusCode.OK, *refused}, answer.details()
    assert (answer.code() == grpc.StatusCode.OK) == (not answer.details())


amounts = pytest.mark.parametrize("examples", [QUICK, pytest.param(MANY, marks=pytest.mark.slow)])


@amounts
def test_json(client, examples):
    def check(request):
        content = json.dumps(request).encode()
        check_http(client.post("/v2/models/tiny/versions/1/infer", content=content))

    fuzz(mutated(), check, examples)


@amounts
def test_packed_tensors(client, examples):
    def check(request):
        content, headers = request
        url = "/v2/models/tiny/versions/1/infer"
        check_http(client.post(url, content=content, headers=headers))

    fuzz(packed(), check, examples)


@amounts
def test_anything_as_a_body(client, examples):
    urls = st.sampled_from(
        [
            "/v2/models/tiny/infer",
            "/v2/repository/index",
            "/v2/repository/models/nothing/load",
            "/v2/repository/models/nothing/unload",
        ]
    )
    encodings = st.sampled_from([{}, {"Content-Encoding": "gzip"}, {"Content-Encoding": "deflate"}])

    def check(request):
        url, content, headers = request
        check_http(client.post(url, content=content, headers=headers))

    bodies = st.one_of(st.binary(max_size=100), values.map(json.dumps).map(str.encode))
    fuzz(st.tuples(urls, bodies, encodings), check, examples)


@amounts
def test_messages(call, examples):
    fuzz(messages(), lambda raw: check_grpc(call, raw), examples)


@amounts
def test_anything_as_a_message(server, examples):
    methods = st.sampled_from(
        [
            "ModelInfer",
            "ModelMetadata",
            "ModelConfig",
            "ModelStatistics",
            "RepositoryModelLoad",
            "RepositoryModelUnload",
        ]
    )
    with grpc.insecure_channel(server.grpc) as channel:
        calls = {}

        def check(request):
            method, raw = request
            path = f"/inference.GRPCInferenceService/{method}"
            check_grpc(calls.setdefault(method, channel.unary_unary(path)), raw)

        fuzz(st.tuples(methods, st.binary(max_size=60)), check, examples)


@pytest.mark.parametrize(
    "sent",
    [
        b"\0" * 1000 + b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1e9\r\n\r\n",
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 9"
        + b"9" * 40
        + b"\r\n\r\n",
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_http(server, sent):
    with connected(server.http_port) as connection:
        try:
            connection.sendall(sent)
            first = connection.recv(12)
            assert is_closed(connection)
        except (BrokenPipeError, ConnectionResetError):
            return
    assert first == b"" or first.startswith(b"HTTP/1.1 4"), first


def test_nested_without_end(client):
    for opening in (b"[", b'{"a":'):
        content = b'{"inputs": ' + opening * 500_000
        check_http(client.post("/v2/models/tiny/infer", content=content))
