"""New versions while requests come in: none fails, none mixes two versions."""

import threading
import time

import numpy as np
import pytest
import tritonclient.grpc
import tritonclient.http
from repositories import add_version, remove_version
from server_process import wait_until

CLASSES = 12
IMAGE = np.zeros((1, 4, 4, 3), np.uint8)


def bias_of(version):
    """Version v says class v of a black image."""
    return 8.0 * np.eye(CLASSES)[int(version)]


class Caller(threading.Thread):
    """Asks again and again, and keeps which version said what."""

    def __init__(self, module, url):
        super().__init__()
        self.module, self.url = module, url
        self.answers, self.stopping = [], threading.Event()
        self.error = None

    def run(self):
        try:
            with self.module.InferenceServerClient(self.url) as client:
                tensor = self.module.InferInput("image", IMAGE.shape, "UINT8")
                tensor.set_data_from_numpy(IMAGE)
                while not self.stopping.is_set():
                    result = client.infer("tiny", [tensor])
                    response = result.get_response()
                    version = (
                        response["model_version"]
                        if isinstance(response, dict)
                        else response.model_version
                    )
                    scores = int(result.as_numpy("scores").argmax())
                    self.answers.append((version, scores, result.as_numpy("verdict")[0].decode()))
        except Exception as error:
            self.error = error


@pytest.fixture
def callers():
    started = []
    yield started
    for caller in started:
        caller.stopping.set()
    for caller in started:
        caller.join(30)


def test_no_request_fails_and_no_answer_mixes_versions(start_server, tmp_path, callers):
    add_version(tmp_path, "tiny", "1", classes=CLASSES, bias=bias_of("1"))
    server = start_server(tmp_path, poll_interval=0.05)
    for module, url in [(tritonclient.http, server.http), (tritonclient.grpc, server.grpc)] * 2:
        callers.append(Caller(module, url))
        callers[-1].start()

    def newest():
        return {caller.answers[-1][0] if caller.answers else "" for caller in callers}

    for version in map(str, range(2, 9)):
        add_version(tmp_path, "tiny", version, classes=CLASSES, bias=bias_of(version))
        wait_until(lambda version=version: newest() == {version}, 20, server.log)
        remove_version(tmp_path, "tiny", str(int(version) - 1))
    # And one replaced under its own number.
    add_version(tmp_path, "tiny", "8", classes=CLASSES, bias=bias_of("9"))
    wait_until(lambda: {caller.answers[-1][1] for caller in callers} == {9}, 20, server.log)
    time.sleep(0.2)
    for caller in callers:
        caller.stopping.set()
    for caller in callers:
        caller.join(30)
        assert caller.error is None
        for version, best, verdict in caller.answers:
            assert verdict == f"class {best}"
            assert best in ({8, 9} if version == "8" else {int(version)})
        versions = [int(version) for version, _, _ in caller.answers]
        assert versions == sorted(versions)
    assert server.stop() == 0
