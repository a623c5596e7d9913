"""The server's life: ready, told to stop, killed; what it says of itself meanwhile."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
import tritonclient.grpc
from repositories import add_version
from server_process import free_port, wait_until

IMAGE = np.zeros((1, 2, 2, 3), np.uint8)
REQUEST = {
    "inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 2, 2, 3], "data": [0] * 12}]
}


def half_sent(server):
    """Open a request whose body is missing its end."""
    body = json.dumps(REQUEST).encode()
    connection = socket.create_connection(("127.0.0.1", server.http_port), timeout=30)
    connection.sendall(
        b"POST /v2/models/tiny/infer HTTP/1.1\r\nHost: x\r\n"
        + f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body[:20]
    )
    return connection, body[20:]


def test_what_is_under_way_is_finished_and_the_status_is_0(start_server, repository):
    server = start_server(repository)
    connection, rest = half_sent(server)
    time.sleep(0.3)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert server.process.poll() is None
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url + "/v2/health/live")
    connection.sendall(rest)
    response = http.client.HTTPResponse(connection)
    response.begin()
    assert response.status == 200
    assert json.loads(response.read())["model_name"] == "tiny"
    response.close()
    connection.close()
    assert server.process.wait(20) == 0


def test_the_deadline_ends_what_does_not_finish(start_server, repository):
    server = start_server(repository, drain_timeout=1)
    connection, _ = half_sent(server)
    time.sleep(0.3)
    started = time.monotonic()
    assert server.stop() == 0
    assert 0.9 < time.monotonic() - started < 8
    connection.close()


def test_an_idle_stream_does_not_delay_the_end(start_server, repository):
    server = start_server(repository)
    answers = []
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        client.start_stream(lambda result, error: answers.append((result, error)))
        tensor = tritonclient.grpc.InferInput("image", IMAGE.shape, "UINT8")
        client.async_stream_infer("tiny", [tensor.set_data_from_numpy(IMAGE)])
        wait_until(lambda: answers, 10)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 10
        client.stop_stream(cancel_requests=True)
    assert answers[0][1] is None


def test_ctrl_c_ends_it_too(start_server, repository):
    server = start_server(repository)
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(20) == 0


def test_killed_and_started_again_it_is_ready_by_itself(start_server, repository):
    server = start_server(repository)
    server.process.send_signal(signal.SIGKILL)
    assert server.process.wait(20) == -signal.SIGKILL
    again = start_server(repository, http=server.http, grpc=server.grpc, ready=False)
    again.http_port, again.http = server.http_port, server.http
    again.wait_until_ready()
    assert httpx.post(f"{again.url}/v2/models/tiny/infer", json=REQUEST).status_code == 200


def test_live_before_ready(start_server, tmp_path):
    """A model that does not come: its file is a pipe that nobody writes to."""
    add_version(tmp_path, "tiny", "1")
    path = tmp_path / "tiny" / "1" / "model.onnx"
    content = path.read_bytes()
    path.unlink()
    os.mkfifo(path)
    server = start_server(tmp_path, ready=False)
    wait_until(lambda: server.answers("/v2/health/live"), 30, server.log)
    # A pipe has the size 0 and is refused at once: it must not hold the others up.
    wait_until(lambda: server.answers("/v2/health/ready"), 30, server.log)
    path.unlink()
    path.write_bytes(content)
    wait_until(lambda: server.answers("/v2/models/tiny/ready"), 10, server.log)


def test_an_empty_repository_is_ready_and_takes_what_comes(start_server, tmp_path):
    server = start_server(tmp_path)
    add_version(tmp_path, "tiny", "1")
    wait_until(lambda: server.answers("/v2/models/tiny/ready"), 10, server.log)


@pytest.mark.parametrize("taken", ["http", "grpc"])
def test_an_address_that_is_taken_is_the_users_mistake(
    serving_environment, repository, server, taken
):
    addresses = {"http": f"127.0.0.1:{free_port()}", "grpc": f"127.0.0.1:{free_port()}"}
    addresses[taken] = getattr(server, taken)
    flags = [f"--repository={repository}", *(f"--{key}={at}" for key, at in addresses.items())]
    done = subprocess.run(
        [sys.executable, "-m", "gain_serving", "serve", *flags],
        env=serving_environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert addresses[taken] in done.stderr
    assert "Traceback" not in done.stderr


def test_log_lines_are_json(start_server, repository):
    server = start_server(repository)
    httpx.get(f"{server.url}/v2/models/nothing")
    assert server.stop() == 0
    lines = [json.loads(line) for line in server.log().splitlines()]
    assert {line["message"] for line in lines} >= {
        "listening",
        "version loaded",
        "version refused",
        "refused",
        "stopping",
        "stopped",
    }
    refused = next(line for line in lines if line["message"] == "refused")
    assert refused["kind"] == "model_not_found"
    assert refused["reason"] == "there is no model named 'nothing'"


def test_metrics(server):
    before = httpx.get(server.url + "/metrics").text
    tensor = tritonclient.grpc.InferInput("image", IMAGE.shape, "UINT8")
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        client.infer("tiny", [tensor.set_data_from_numpy(IMAGE)], "1")
    httpx.post(f"{server.url}/v2/models/tiny/infer", json={"inputs": "x"})
    after = httpx.get(server.url + "/metrics").text

    def value(page, series):
        lines = [line for line in page.splitlines() if line.startswith(series + " ")]
        return float(lines[0].rpartition(" ")[2]) if lines else 0.0

    def more(series):
        return value(after, series) - value(before, series)

    assert more('gain_requests_total{call="ModelInfer",outcome="ok",transport="grpc"}') == 1
    assert more('gain_requests_total{call="infer",outcome="bad_request",transport="http"}') == 1
    assert more('gain_errors_total{kind="bad_request"}') == 1
    assert more('gain_images_total{model="tiny",version="1"}') == 1
    stage = 'gain_stage_seconds_count{model="tiny",stage="inference",version="1"}'
    assert more(stage) == 1
    assert value(after, 'gain_model_ready{model="broken",version="1"}') == 0
    assert value(after, 'gain_model_ready{model="tiny",version="1"}') == 1
    assert value(after, "gain_queue_requests") == 0


def test_an_unknown_name_is_no_label(server):
    for number in range(3):
        httpx.get(f"{server.url}/v2/models/unheard-of-{number}")
        httpx.get(f"{server.url}/nowhere-{number}")
    page = httpx.get(server.url + "/metrics").text
    assert "unheard-of" not in page
    assert "nowhere" not in page


def test_the_status_page(server):
    body = json.dumps(REQUEST)
    httpx.post(f"{server.url}/v2/models/tiny/versions/1/infer", content=body)
    page = httpx.get(server.url + "/")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "manifest.json says" in page.text
    assert "class 0" in page.text
    picture = page.text.partition('<img src="')[2].partition('"')[0]
    png = httpx.get(f"{server.url}/{picture}")
    assert png.headers["Content-Type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")
    assert httpx.get(f"{server.url}/decisions/999999999.png").status_code == 404


def test_every_decision_is_in_the_audit_log(start_server, repository, tmp_path):
    log = tmp_path / "audit.jsonl"
    server = start_server(repository, audit_log=log, audit_overlays=tmp_path / "overlays")
    two = {**REQUEST["inputs"][0], "shape": [2, 1, 2, 3]}
    answer = httpx.post(f"{server.url}/v2/models/tiny/versions/2/infer", json={"inputs": [two]})
    outputs = {output["name"]: output["data"] for output in answer.json()["outputs"]}
    assert "overlay" not in outputs
    server.kill()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["verdict"] for line in lines] == outputs["verdict"] == ["class 2"] * 2
    assert {(line["model"], line["version"]) for line in lines} == {("tiny", "2")}
    assert all(Path(line["overlay"]).read_bytes().startswith(b"\x89PNG") for line in lines)


def test_eight_callers_at_once(server):
    statuses = []

    def call():
        for _ in range(5):
            answer = httpx.post(f"{server.url}/v2/models/tiny/infer", json=REQUEST)
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 40
