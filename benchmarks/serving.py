"""What the server costs beside raw ONNX Runtime on the same model and threads.

    PYTHONPATH=serving python benchmarks/serving.py [--model FILE.onnx] [--threads 1]
        [--calls 300] [--callers 8] [--long 0]

Starts servers of its own. Raw calls and gRPC and binary REST calls of NVIDIA's client take turns,
so that whatever else the machine does hits all; overheads are differences of medians. "Bare" calls
go to a server that does nothing but run the network on the same frameworks: the least that a call
to another process costs here, with this client. Throughput is that of several callers at once, raw
in threads of this process; with it comes the processor time of a call, which is what bounds it
where callers and server share the cores. `--long 10000` adds that many calls one after the other:
p99 over the median, and how the server's memory grew.
"""

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import numpy as np
import onnxruntime as ort
import tritonclient.grpc
import tritonclient.http
from served import NAME, Server, bare, serving, write_repository
from stand_in_model import write_stand_in

SIDE = 224
WARM_UP = 20
ROUNDS = 3

Call = Callable[[], object]
Ways = dict[str, tuple[Server, Callable[[], Call]]]
"""Way -> the server asked, and what makes a caller of it."""


class Block(NamedTuple):
    """Calls per second, and processor seconds of this process and of the server."""

    rate: float
    here: float
    there: float


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
        repository = write_repository(path, Path(folder))
        raw = raw_call(path, options.threads)
        with bare(path, options.threads) as least, serving(repository, options.threads) as server:
            ways = served_ways(least, server)
            latencies(raw, ways, options.calls)
            throughput(raw, ways, options.callers, options.calls)
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


def served_ways(least: Server, server: Server) -> Ways:
    return {
        "bare gRPC": (least, lambda: served_call(tritonclient.grpc, least.grpc)),
        "gRPC": (server, lambda: served_call(tritonclient.grpc, server.grpc)),
        "bare REST": (least, lambda: served_call(tritonclient.http, least.http)),
        "REST": (server, lambda: served_call(tritonclient.http, server.http)),
    }


def milliseconds(call: Call) -> float:
    started = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - started)


def latencies(raw: Call, ways: Ways, calls: int) -> None:
    callers = {"raw": raw} | {way: make() for way, (_, make) in ways.items()}
    times: dict[str, list[float]] = {way: [] for way in callers}
    for number in range(WARM_UP + calls):
        for way, call in callers.items():
            spent = milliseconds(call)
            if number >= WARM_UP:
                times[way].append(spent)
    base = statistics.median(times["raw"])
    for way, spent in times.items():
        median, slow = statistics.median(spent), np.percentile(spent, 99)
        print(
            f"{way:9} median {median:7.2f} ms  (+{median - base:.2f} ms)  "
            f"p99 {slow:7.2f} ms = {slow / median:.1f} x median"
        )


def throughput(raw: Call, ways: Ways, callers: int, calls: int) -> None:
    each = max(1, calls // callers)
    blocks: dict[str, list[Block]] = {way: [] for way in ("raw", *ways)}
    for _ in range(ROUNDS):
        for way, seen in blocks.items():
            server, make = ways.get(way, (None, lambda: raw))
            here, there = time.process_time(), server.processor_seconds() if server else 0.0
            rate = calls_per_second(make, callers, each)
            seen.append(
                Block(
                    rate,
                    time.process_time() - here,
                    server.processor_seconds() - there if server else 0.0,
                )
            )
    base = statistics.median(block.rate for block in blocks["raw"])
    # The first call of each caller is not timed, but takes processor time.
    made = callers * (each + 1)
    for way, seen in blocks.items():
        rate = statistics.median(block.rate for block in seen)
        here = 1000 * statistics.median(block.here for block in seen) / made
        there = 1000 * statistics.median(block.there for block in seen) / made
        print(
            f"{way:9} {callers} callers: {rate:6.1f} calls/s, {100 * rate / base:.0f} % of raw; "
            f"processor time of a call: caller {here:.2f} ms, server {there:.2f} ms"
        )


def calls_per_second(make: Callable[[], Call], callers: int, each: int) -> float:
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
