"""The factory box: no TensorFlow, small, and nothing leaves it."""

import ast
import os
import shutil
import socket
import subprocess
import sys

import cv2
import httpx
import numpy as np
import pytest
import tritonclient.grpc
from conftest import SERVING
from models import write_model
from outgoing import Outgoing
from repositories import add_version
from server_process import ServerProcess, wait_until

HOOK = """
import sys
called = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        called.append((event, arguments))
sys.addaudithook(hook)
"""
PREDICT = """
from gain_serving.cli import status
assert status(["predict", sys.argv[1], "--model", sys.argv[2], "--overlays", sys.argv[3]]) == 0
assert status(["describe", sys.argv[2]]) == 0
assert "onnxruntime" in sys.modules
assert not called, called
"""
CALL = """
import socket
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)
except ConnectionError:
    pass
assert called
"""


IMPORT_ALL = """
import importlib, pkgutil, sys, gain_serving
names = [one.name for one in pkgutil.walk_packages(gain_serving.__path__, "gain_serving.")]
for name in names:
    if not name.endswith(".__main__"):
        importlib.import_module(name)
assert "gain_serving.app" in sys.modules and "gain_serving.protocol.grpc" in sys.modules
assert "tensorflow" not in sys.modules
"""
REQUEST = {
    "inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 2, 2, 3], "data": [0] * 12}]
}


@pytest.fixture
def outgoing(tmp_path, serving_environment):
    if not Outgoing.possible():
        pytest.skip("no C compiler")
    home = tmp_path / "home"
    home.mkdir()
    kept = {name: value for name, value in serving_environment.items() if name != "CI"}
    return Outgoing(tmp_path, {**kept, "HOME": str(home), "ORT_DISABLE_TELEMETRY": "0"})


@pytest.fixture
def files(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((6, 8, 3), 99, np.uint8))
    return [tmp_path / "a.png", write_model(tmp_path / "m.onnx"), tmp_path / "overlays"]


def run(code, environment, *arguments):
    return subprocess.run(
        [sys.executable, "-c", HOOK + code, *map(str, arguments)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip


def test_no_room_imports_the_training_machine():
    forbidden = {"tensorflow", "keras", "gain_tf", "gain_export", "onnx", "tf2onnx"}
    wrong = []
    for path in SERVING.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            wrong += [f"{path}: {name}" for name in names if name.split(".")[0] in forbidden]
    assert wrong == []


def test_nothing_leaves_the_box(outgoing, files, tmp_path):
    run(PREDICT, outgoing.environment, *files)
    assert outgoing.calls() == []
    # ONNX Runtime's telemetry would also leave an identity and what it has yet to send.
    assert list((tmp_path / "home").iterdir()) == []


def test_nothing_leaves_the_box_that_serves(outgoing, tmp_path):
    """From the first load to the last answer; what comes in is no business of this test."""
    repository, image = tmp_path / "repository", np.zeros((1, 2, 2, 3), np.uint8)
    add_version(repository, "tiny", "1")
    server = ServerProcess(repository, outgoing.environment, tmp_path / "log.jsonl")
    try:
        tensor = tritonclient.grpc.InferInput("image", image.shape, "UINT8")
        tensor.set_data_from_numpy(image)
        with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
            for version in ("1", "2"):
                add_version(repository, "tiny", version, bias=[0, 0, float(version)])
                ready = f"/v2/models/tiny/versions/{version}/ready"
                wait_until(lambda ready=ready: server.answers(ready), 30, server.log)
                client.load_model("tiny")
                answer = httpx.post(f"{server.url}/v2/models/tiny/infer", json=REQUEST)
                assert answer.json()["model_version"] == version
                answer = client.infer("tiny", [tensor]).get_response()
                assert answer.model_version == version
        assert httpx.get(server.url).status_code == 200
        assert httpx.get(server.url + "/metrics").status_code == 200
        assert server.stop() == 0
    finally:
        server.kill()
    # The C library reads the address that the server listens at; it asks nobody.
    assert set(outgoing.calls()) == {"getaddrinfo 127.0.0.1"}
    assert list((tmp_path / "home").iterdir()) == []


def test_what_leaves_would_be_seen(outgoing):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        run(CALL, outgoing.environment, nobody.getsockname()[1])
    assert "connect 127.0.0.1" in outgoing.calls()
    assert "getaddrinfo 127.0.0.1" in outgoing.calls()


@pytest.mark.slow
def test_a_fresh_box_needs_no_tensorflow(tmp_path, files):
    """What `pip install ./serving` brings: enough to judge, under 450 MB, no TensorFlow."""
    copy, box = tmp_path / "serving", tmp_path / "box"
    shutil.copytree(SERVING, copy)
    subprocess.run([sys.executable, "-m", "venv", box], check=True)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    python, serve = box / "bin" / "python", box / "bin" / "gain-serve"
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", copy]
    subprocess.run(pip, env=environment, check=True)
    packages = next(box.glob("lib/python*/site-packages"))
    brought = {path.name for path in packages.iterdir()}
    assert not brought & {"tensorflow", "keras", "gain_tf", "onnx", "torch"}
    bytes_ = sum(path.lstat().st_size for path in packages.rglob("*") if path.is_file())
    print(f"installed: {bytes_ / 1e6:.0f} MB")
    assert bytes_ < 450e6
    done = subprocess.run(
        [serve, "predict", files[0], "--model", files[1], "--json"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert '"verdict": "class 0"' in done.stdout
    everything = [python, "-W", "error", "-c", IMPORT_ALL]
    subprocess.run(everything, env=environment, cwd=tmp_path, check=True)
