"""Who may ask: TLS and the token, over REST and gRPC; and names that try to be paths."""

import http.client
import ssl

import httpx
import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
import trustme
from raw_http import connected, read_answer
from server_process import wait_until
from tritonclient.utils import InferenceServerException

TOKEN = "open-sesame"
IMAGE = np.zeros((1, 2, 2, 3), np.uint8)
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Files of an authority, a certificate of 127.0.0.1, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    paths = [folder / name for name in ("authority.pem", "certificate.pem", "key.pem")]
    authority.cert_pem.write_to_path(str(paths[0]))
    for blob in issued.cert_chain_pems:
        blob.write_to_path(str(paths[1]), append=True)
    issued.private_key_pem.write_to_path(str(paths[2]))
    return paths


@pytest.fixture(scope="module")
def guarded(start_server, repository, certificate):
    _, chain, key = certificate
    server = start_server(repository, token=TOKEN, tls_certificate=chain, tls_key=key)
    yield server
    server.kill()


def grpc_client(server, certificate):
    authority, _, _ = certificate
    return tritonclient.grpc.InferenceServerClient(
        server.grpc, ssl=True, root_certificates=str(authority)
    )


def test_rest(guarded, certificate):
    with httpx.Client(base_url=guarded.url, verify=_context(certificate)) as client:
        assert client.get("/v2/health/ready").status_code == 200
        assert client.get("/v2/models/tiny").status_code == 401
        assert client.get("/v2/models/tiny", headers=BEARER).status_code == 200


def test_the_http_client(guarded, certificate):
    client = tritonclient.http.InferenceServerClient(
        guarded.http, ssl=True, ssl_context_factory=lambda: _context(certificate)
    )
    with client:
        tensor = tritonclient.http.InferInput("image", IMAGE.shape, "UINT8")
        tensor.set_data_from_numpy(IMAGE)
        # The client writes into what it is given.
        result = client.infer("tiny", [tensor], headers=dict(BEARER))
        assert result.as_numpy("accepted").tolist() == [True]
        with pytest.raises(InferenceServerException, match="the token is missing or wrong"):
            client.infer("tiny", [tensor])


def test_grpc(guarded, certificate):
    with grpc_client(guarded, certificate) as client:
        assert client.is_server_ready() is True
        tensor = tritonclient.grpc.InferInput("image", IMAGE.shape, "UINT8")
        tensor.set_data_from_numpy(IMAGE)
        result = client.infer("tiny", [tensor], headers=BEARER)
        assert result.as_numpy("accepted").tolist() == [True]
        with pytest.raises(InferenceServerException, match="UNAUTHENTICATED"):
            client.infer("tiny", [tensor])
        with pytest.raises(InferenceServerException, match="UNAUTHENTICATED"):
            client.infer("tiny", [tensor], headers={"authorization": "Bearer open-sesamf"})
        answers = []
        client.start_stream(
            lambda result, error: answers.append(error), headers={"authorization": "Bearer x"}
        )
        wait_until(lambda: answers, 10)
        client.stop_stream()
        assert "the token is missing or wrong" in str(answers[0])


def test_without_tls_nothing_is_said(guarded):
    with connected(guarded.http_port) as connection:
        connection.sendall(b"GET /v2/models/tiny HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises((OSError, http.client.HTTPException)):
            read_answer(connection)


@pytest.mark.parametrize("path", ["/", "/metrics", "/v2", "/decisions/1.png", "/v2/models/stats"])
def test_every_page_asks_for_the_token(guarded, certificate, path):
    with httpx.Client(base_url=guarded.url, verify=_context(certificate)) as client:
        refused = client.get(path)
        assert refused.status_code == 401
        assert refused.json()["error"].startswith("the token is missing or wrong")
        assert "Basic" in refused.headers["WWW-Authenticate"]
        assert client.get(path, headers=BEARER).status_code in {200, 404}
        # What a browser asks its user for.
        assert client.get(path, auth=("anybody", TOKEN)).status_code in {200, 404}
        assert client.get(path, auth=("anybody", "wrong")).status_code == 401


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", TOKEN, "Basic !!!", "Basic " + TOKEN, "Bearer \xff\xfe", "bearer x"],
)
def test_what_is_no_token(guarded, certificate, header):
    with httpx.Client(base_url=guarded.url, verify=_context(certificate)) as client:
        headers = {"Authorization": header.encode("latin-1")}
        assert client.get("/v2", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/v2/models/../ready",
        "/v2/models/..%2f..%2fetc%2fpasswd",
        "/v2/models/%2e%2e/ready",
        "/v2/models/%2Fetc%2Fpasswd/ready",
        "/v2/models/tiny%2f1/ready",
        "/v2/models/tiny/versions/..%2f2/ready",
        "/v2/models/tiny/versions/01/ready",
        "/v2/models/tiny/versions/+1/ready",
        "/v2/models/tiny%00/ready",
        "/v2/models/.hidden/ready",
        "/v2/models/%ff%fe/ready",
        "/decisions/../../etc/passwd",
        "/decisions/1.png/..",
        "//etc/passwd",
        "/templates/status.html",
    ],
)
def test_names_are_never_paths(server, path):
    with connected(server.http_port) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1"))
        status, body = read_answer(connection)
    assert status == 404
    assert b"root:" not in body
    for verb in ("load", "unload"):
        name = path.removeprefix("/v2/models/")
        answer = httpx.post(f"{server.url}/v2/repository/models/{name}/{verb}")
        assert answer.status_code == 404


@pytest.mark.parametrize("name", ["../tiny", "/etc/passwd", "tiny/1", "", "\0", "tiny\n"])
def test_names_are_never_paths_over_grpc(server, name):
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        for call in (client.load_model, client.unload_model, client.get_model_metadata):
            with pytest.raises(InferenceServerException, match="no model named"):
                call(name)


def _context(certificate):
    return ssl.create_default_context(cafile=str(certificate[0]))
