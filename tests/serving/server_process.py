"""A server as a process of its own, on ports of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import httpx

START_SECONDS = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class ServerProcess:
    """`gain-serve serve`, started; settings by name, as in the config file."""

    def __init__(self, repository, environment, log, *, ready=True, **settings):
        self.http_port, self.grpc_port = free_port(), free_port()
        self.http, self.grpc = f"127.0.0.1:{self.http_port}", f"127.0.0.1:{self.grpc_port}"
        self.tls = "tls_certificate" in settings
        self.log_path = log
        settings = {
            "repository": repository,
            "http": self.http,
            "grpc": self.grpc,
            "poll_interval": 0.2,
            **settings,
        }
        flags = [f"--{key.replace('_', '-')}={value}" for key, value in settings.items()]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gain_serving", "serve", *flags],
                env=environment,
                stdout=output,
                stderr=output,
            )
        if ready:
            self.wait_until_ready()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://{self.http}"

    def wait_until_ready(self):
        wait_until(lambda: self.answers("/v2/health/ready"), START_SECONDS, self.log)

    def answers(self, path):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.log()}")
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(self.url + path, verify=False, timeout=5).status_code == 200
        return False

    def log(self):
        return self.log_path.read_text()

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self, seconds=30):
        """Ask it to stop, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()


def wait_until(condition, seconds, explain=lambda: ""):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"it did not come true in {seconds} s; {explain()}")
        time.sleep(0.02)
