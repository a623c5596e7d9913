"""Make the distribution of the factory box and the helpers beside the tests importable."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SERVING = HERE.parent.parent / "serving"
sys.path[:0] = [str(HERE), str(SERVING)]


@pytest.fixture(scope="session")
def serving_environment():
    """The environment of a process that runs gain-serve from this repository."""
    path = os.pathsep.join(filter(None, [str(SERVING), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}


@pytest.fixture(scope="session")
def start_server(serving_environment, tmp_path_factory):
    """Factory of servers: repository and settings in, `ServerProcess` out; ended with the tests."""
    # The client's dependencies are not needed by the tests of the runtime.
    from server_process import ServerProcess

    started = []

    def start(repository, **settings):
        log = tmp_path_factory.mktemp("server") / "log.jsonl"
        started.append(ServerProcess(repository, serving_environment, log, **settings))
        return started[-1]

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """`tiny` in versions 1 and 2, `flat` without attention, `broken`.

    Version 1 of `tiny` says the colour of an image; version 2 says class 2 of every image.
    """
    from repositories import add_version

    folder = tmp_path_factory.mktemp("repository")
    add_version(folder, "tiny", "1")
    add_version(folder, "tiny", "2", bias=[0, 0, 5])
    add_version(folder, "flat", "1", attention=False)
    add_version(folder, "broken", "1").write_bytes(b"not what was exported")
    return folder


@pytest.fixture(scope="module")
def server(start_server, repository):
    """A server with default settings."""
    server = start_server(repository)
    yield server
    server.kill()
