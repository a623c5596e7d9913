"""What the server costs beside raw ONNX Runtime on the same model and threads.

    PYTHONPATH=serving python benchmarks/serving.py [--model FILE.onnx] [--threads 1]
        [--calls 300] [--callers 8] [--long 0]

Starts a server of its own. Raw calls, gRPC calls and binary REST calls of NVIDIA's client take
turns, so that whatever else the machine does hits all three; overheads are differences of medians.
Throughput is that of several callers at once, raw in threads of this process. `--long 10000` adds
that many calls one after the other: p99 over the median, and how the server's memory grew.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime as ort
import tritonclient.grpc
import tritonclient.http
from served import NAME, Server, serving, write_repository
from stand_in_model import write_stand_in

SIDE = 224
WARM_UP = 20

Call = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description="The server's overhead over ONNX Runtime.")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--callers", type=int, default=8)
    parser.add_argument("--long", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.model or Path(folder) / "stand_in.onnx"
        if options.model is None:
            write_stand_in(path)
        raw = raw_call(path, options.threads)
        with serving(write_repository(path, Path(folder)), options.threads) as server:
            latencies(raw, server, options.calls)
            throughput(raw, server, options.callers, options.calls)
            if options.long:
                endurance(server, options.long)


def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (1, SIDE, SIDE, 3), np.uint8)


def raw_call(path: Path, threads: int) -> Call:
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    session = ort.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
    feed = {"image": image()}
    return lambda: session.run(None, feed)


def served_call(module: object, url: str) -> Call:
    client = module.InferenceServerClient(url)
    tensor = module.InferInput("image", [1, SIDE, SIDE, 3], "UINT8")
    pixels = image()

    def call() -> np.ndarray:
        tensor.set_data_from_numpy(pixels)
        return client.infer(NAME, [tensor]).as_numpy("scores")

    return call


def milliseconds(call: Call) -> float:
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def latencies(raw: Call, server: Server, calls: int) -> None:
    ways = {
        "raw": raw,
        "gRPC": served_call(tritonclient.grpc, server.grpc),
        "REST": served_call(tritonclient.http, server.http),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(WARM_UP + calls):
        for way, call in ways.items():
            spent = milliseconds(call)
            if number >= WARM_UP:
                times[way].append(spent)
    base = statistics.median(times["raw"])
    for way, spent in times.items():
        median, slow = statistics.median(spent), np.percentile(spent, 99)
        print(
            f"{way:5} median {median:7.2f} ms  (+{median - base:.2f} ms)  "
            f"p99 {slow:7.2f} ms = {slow / median:.1f} x median"
        )


def throughput(raw: Call, server: Server, callers: int, calls: int) -> None:
    def rate(make: Callable[[], Call]) -> float:
        each = max(1, calls // callers)
        ready = threading.Barrier(callers + 1)

        def work() -> None:
            call = make()
            call()
            ready.wait()
            for _ in range(each):
                call()

        threads = [threading.Thread(target=work) for _ in range(callers)]
        for thread in threads:
            thread.start()
        ready.wait()
        started = time.perf_counter()
        for thread in threads:
            thread.join()
        return callers * each / (time.perf_counter() - started)

    ways: dict[str, Callable[[], Call]] = {
        "raw": lambda: raw,
        "gRPC": lambda: served_call(tritonclient.grpc, server.grpc),
        "REST": lambda: served_call(tritonclient.http, server.http),
    }
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(3):
        for way, make in ways.items():
            rates[way].append(rate(make))
    base = statistics.median(rates["raw"])
    for way, seen in rates.items():
        median = statistics.median(seen)
        print(
            f"{way:5} {callers} callers: {median:6.1f} calls/s, {100 * median / base:.0f} % of raw"
        )


def endurance(server: Server, calls: int) -> None:
    call = served_call(tritonclient.grpc, server.grpc)
    for _ in range(WARM_UP):
        call()
    before = server.memory()
    times = [milliseconds(call) for _ in range(calls)]
    median, slow = statistics.median(times), np.percentile(times, 99)
    print(
        f"gRPC  {calls} calls: median {median:.2f} ms, p99 {slow:.2f} ms = {slow / median:.1f} x; "
        f"resident {before:.0f} MiB before, {server.memory():.0f} MiB after"
    )


if __name__ == "__main__":
    main()
