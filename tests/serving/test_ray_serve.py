"""Replicas by Ray Serve: one is killed under load, and what the client may retry is answered."""

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
import yaml
from conftest import SERVING
from repositories import add_version
from server_process import free_port, wait_until

CALLERS, REQUESTS = 4, 150
TRIES = 60
PAUSE = 0.25
CONFIG = SERVING / "deploy" / "ray" / "serve.yaml"
MARK = "GAIN_RAY_TEST"
REPLICA = b"ray::ServeReplica"

pytestmark = pytest.mark.slow


class Cluster:
    """Ray on this machine, started by its own command with our configuration."""

    def __init__(self, folder, repository, environment):
        self.url = f"http://127.0.0.1:{free_port()}"
        config = yaml.safe_load(CONFIG.read_text())
        config["http_options"]["port"] = int(self.url.rpartition(":")[2])
        config["applications"][0]["args"]["repository"] = str(repository)
        (folder / "serve.yaml").write_text(yaml.safe_dump(config))
        (folder / "home").mkdir()
        # Ray keeps a token of its own in the home.
        settings = {"RAY_USAGE_STATS_ENABLED": "0", "HOME": str(folder / "home")}
        self._mark = f"{MARK}={folder}".encode()
        self._log = folder / "log.txt"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [Path(sys.executable).with_name("serve"), "run", folder / "serve.yaml"],
                env={**environment, **settings, MARK: str(folder)},
                stdout=output,
                stderr=output,
            )

    def log(self):
        return self._log.read_text()

    def processes(self):
        """Every process that came of the command: number -> its command line."""
        found = {}
        for place in Path("/proc").iterdir():
            if place.name.isdigit():
                try:
                    if self._mark in (place / "environ").read_bytes().split(b"\0"):
                        found[int(place.name)] = (place / "cmdline").read_bytes()
                except OSError:
                    continue
        return found

    def replicas(self):
        return {pid for pid, line in self.processes().items() if line.startswith(REPLICA)}

    def ready(self):
        if self._process.poll() is not None:
            raise AssertionError(self.log())
        try:
            return httpx.get(self.url + "/v2/health/ready", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self):
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, serving_environment):
    if importlib.util.find_spec("ray") is None:
        pytest.skip("no Ray: pip install './serving[ray]'")
    folder = tmp_path_factory.mktemp("ray")
    add_version(folder / "models", "tiny", "1")
    cluster = Cluster(folder, folder / "models", serving_environment)
    yield cluster
    cluster.stop()


class Caller(threading.Thread):
    """Sends pictures of one colour and the next, and again what was not answered."""

    def __init__(self, url):
        super().__init__()
        self._url = f"{url}/v2/models/tiny/infer"
        self.right, self.wrong, self.lost, self.retried = 0, [], 0, 0

    def run(self):
        with httpx.Client(timeout=20) as client:
            for number in range(REQUESTS):
                verdict = self._verdict(client, number % 3)
                if verdict is None:
                    self.lost += 1
                elif verdict == f"class {number % 3}":
                    self.right += 1
                else:
                    self.wrong.append(verdict)

    def _verdict(self, client, colour):
        pixel = [255 * (channel == colour) for channel in range(3)]
        image = {"name": "image", "datatype": "UINT8", "shape": [1, 1, 1, 3], "data": pixel}
        body = {"inputs": [image], "outputs": [{"name": "verdict"}]}
        for _ in range(TRIES):
            try:
                answer = client.post(self._url, json=body)
                if answer.status_code < 500:
                    return answer.raise_for_status().json()["outputs"][0]["data"][0]
            except httpx.TransportError:
                pass
            self.retried += 1
            time.sleep(PAUSE)
        return None


def test_a_replica_is_killed_under_load_and_no_request_is_lost(cluster):
    wait_until(lambda: cluster.ready() and len(cluster.replicas()) == 2, 120, cluster.log)
    callers = [Caller(cluster.url) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    wait_until(lambda: sum(caller.right for caller in callers) > 50, 60, cluster.log)
    before = cluster.replicas()
    os.kill(min(before), signal.SIGKILL)
    at_kill = sum(caller.right for caller in callers)
    for caller in callers:
        caller.join(300)
    right, retried = (sum(getattr(one, what) for one in callers) for what in ("right", "retried"))
    print(f"{right} of {CALLERS * REQUESTS} right, {at_kill} before the kill, {retried} retries")
    assert [caller.wrong for caller in callers] == [[]] * CALLERS
    assert [caller.lost for caller in callers] == [0] * CALLERS
    assert right == CALLERS * REQUESTS
    assert at_kill < right
    # And by itself there are two again.
    wait_until(lambda: len(cluster.replicas() - {min(before)}) == 2, 120, cluster.log)
    assert cluster.ready()


def test_what_is_too_much_is_refused_by_the_replica(cluster):
    wait_until(cluster.ready, 120, cluster.log)
    answer = httpx.post(f"{cluster.url}/v2/models/tiny/infer", content=bytes(2**26 + 1), timeout=60)
    assert answer.status_code == 413
    assert httpx.get(f"{cluster.url}/v2/models/other", timeout=20).status_code == 404
