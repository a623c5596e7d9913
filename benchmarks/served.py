"""Servers of a benchmark's own, on one model."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tritonclient.grpc

NAME = "benchmark"


class Server:
    """Where a server listens, and its process."""

    def __init__(self, process: subprocess.Popen, http: str, grpc: str) -> None:
        self.process, self.http, self.grpc = process, http, grpc

    def memory(self) -> float:
        """Return the resident MiB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def processor_seconds(self) -> float:
        """Return the processor time that its threads have taken."""
        tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def write_repository(path: Path, folder: Path) -> Path:
    content = path.read_bytes()
    version = folder / "repository" / NAME / "1"
    version.mkdir(parents=True)
    (version / "model.onnx").write_bytes(content)
    entry = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    manifest = {"name": NAME, "versions": {"1": {"model.onnx": entry}}, "files": {}}
    (version.parent / "manifest.json").write_text(json.dumps(manifest))
    return folder / "repository"


@contextmanager
def serving(repository: Path, threads: int) -> Iterator[Server]:
    """Start gain-serve on a repository."""
    http, grpc = (f"127.0.0.1:{free_port()}" for _ in range(2))
    flags = [f"--repository={repository}", f"--http={http}", f"--grpc={grpc}"]
    command = ["-m", "gain_serving", "serve", *flags, f"--threads={threads}"]
    with _started([*command, "--log-level=warning"], http, grpc) as server:
        yield server


@contextmanager
def bare(path: Path, threads: int) -> Iterator[Server]:
    """Start what does nothing but run the network, see `bare_server`."""
    ports = [str(free_port()) for _ in range(2)]
    script = Path(__file__).with_name("bare_server.py")
    command = [str(script), str(path), str(threads), *ports]
    with _started(command, *(f"127.0.0.1:{port}" for port in ports)) as server:
        yield server


@contextmanager
def _started(command: list[str], http: str, grpc: str) -> Iterator[Server]:
    process = subprocess.Popen([sys.executable, *command])
    try:
        _wait(grpc)
        yield Server(process, http, grpc)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait(grpc: str) -> None:
    client = tritonclient.grpc.InferenceServerClient(grpc)
    for _ in range(300):
        time.sleep(0.1)
        try:
            if client.is_model_ready(NAME):
                return
        except tritonclient.grpc.InferenceServerException:
            continue


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
