"""Lines that survive: a killed process, a torn line, a rotated file, several writers."""

import json
import os
import signal
import subprocess
import sys
import threading

import cv2
import numpy as np
import pytest
from models import write_model

from gain_serving import Runtime
from gain_serving.audit import AuditLog, image_sha256
from gain_serving.errors import AuditError
from gain_serving.line_log import LineLog

RED = np.full((4, 6, 3), [255, 0, 0], np.uint8)


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    return Runtime(write_model(tmp_path_factory.mktemp("model") / "model.onnx"))


def test_a_torn_line_is_ended(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"whole\nto")
    with LineLog(path) as log:
        log.append("next")
    assert path.read_text() == "whole\nto\nnext\n"


def test_a_rotated_file_is_begun_anew(tmp_path):
    path = tmp_path / "log"
    with LineLog(path, header="h") as log:
        log.append("one")
        path.rename(tmp_path / "old")
        log.append("two")
        path.unlink()
        log.append("three")
    assert (tmp_path / "old").read_text() == "h\none\n"
    assert path.read_text() == "h\nthree\n"


def test_threads_do_not_mix_lines(tmp_path):
    path = tmp_path / "log"
    with LineLog(path) as log:

        def work(letter):
            for _ in range(200):
                log.append(letter * 5000)

        threads = [threading.Thread(target=work, args=(letter,)) for letter in "abcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = path.read_text().splitlines()
    assert sorted(lines) == sorted(letter * 5000 for letter in "abcd" for _ in range(200))


def test_a_full_disk_is_told():
    with LineLog("/dev/full") as log, pytest.raises(OSError, match=r"No space left.*/dev/full"):
        log.append("x")


def test_a_decision_is_logged_with_its_overlay(tmp_path, runtime):
    path, png = tmp_path / "logs" / "audit.jsonl", cv2.imencode(".png", RED[..., ::-1])[1].tobytes()
    [decision] = runtime.decide([png], overlay=True)
    with AuditLog(path, tmp_path / "overlays") as log:
        log.write(decision, png)
        log.write(runtime.decide(RED[None])[0], RED)
    first, second = map(json.loads, path.read_text().splitlines())
    assert first["image_sha256"] == image_sha256(png)
    assert first["model_sha256"] == runtime.sha256
    assert (first["model"], first["version"]) == ("tiny", "1")
    assert (first["verdict"], first["accepted"], first["threshold"]) == ("class 0", True, 0.5)
    assert first["scores"]["class 0"] == pytest.approx(0.576117, abs=1e-6)
    assert first["time"].endswith("+00:00")
    assert cv2.imread(first["overlay"]).shape == RED.shape
    assert second["overlay"] is None
    # The pixels themselves, row by row.
    assert second["image_sha256"] == image_sha256(b"\xff\0\0" * 24)


def test_a_log_that_cannot_be_is_told(tmp_path, runtime):
    with pytest.raises(AuditError, match="cannot be opened: Is a directory"):
        AuditLog(tmp_path)
    with AuditLog("/dev/full") as log, pytest.raises(AuditError, match="cannot be written: No sp"):
        log.write(runtime.decide(RED[None])[0], RED)


WRITER = """
import sys, numpy as np
from gain_serving import Runtime
from gain_serving.audit import AuditLog
runtime = Runtime(sys.argv[1], threads=1)
images = np.zeros((1, 4, 4, 3), np.uint8)
with AuditLog(sys.argv[2]) as log:
    for number in range(1_000_000):
        images[0, 0, 0] = [number % 256, number // 256 % 256, number // 65536]
        log.write(runtime.decide(images)[0], images[0])
        print(number, flush=True)
"""


@pytest.mark.slow
def test_kill_9_loses_at_most_the_line_in_flight(tmp_path, serving_environment):
    model, path = write_model(tmp_path / "m.onnx"), tmp_path / "audit.jsonl"
    told = 0
    for round_ in (1, 2, 3):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, model, path],
            stdout=subprocess.PIPE,
            env=serving_environment,
        )
        with process:
            for _ in range(40 * round_):
                process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
            told += 40 * round_ + len(process.stdout.read().splitlines())
        assert process.returncode == -signal.SIGKILL
        lines = path.read_text().splitlines()
        assert path.read_bytes().endswith(b"\n")
        # Every line that was told of is there; one more a round may be.
        assert told <= len(lines) <= told + round_
        assert all(json.loads(line)["model"] == "tiny" for line in lines)
        told = len(lines)
