"""Whether the server's memory grows over a long life.

    PYTHONPATH=serving python benchmarks/serving_memory.py [--calls 100000] [--every 10000]

Starts a server of its own on a stand-in model. One caller over gRPC and one over binary REST send
images of changing sizes, raw and encoded, ask for overlays, and make mistakes. Resident memory is
printed on the way; what it grew by after the first tenth should be next to nothing.
"""

import argparse
import itertools
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tritonclient.grpc
import tritonclient.http
from served import NAME, serving, write_repository
from stand_in_model import write_stand_in
from tritonclient.utils import InferenceServerException

SIDES = (8, 16, 24, 32)
OVERLAY_EVERY = 10
MISTAKE_EVERY = 50

Call = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description="Resident memory over many calls.")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--every", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stand_in.onnx"
        write_stand_in(path)
        with serving(write_repository(path, Path(folder)), threads=1) as server:
            callers = [
                Caller(tritonclient.grpc, server.grpc),
                Caller(tritonclient.http, server.http),
            ]
            print("  calls  resident, MiB")
            seen: list[float] = []
            for done in range(0, options.calls + 1, options.every):
                if done:
                    under_way = [one.start(options.every // len(callers)) for one in callers]
                    for future in under_way:
                        future.result()
                seen.append(server.memory())
                print(f"{done:7}  {seen[-1]:13.1f}", flush=True)
    if len(seen) > 2:
        print(f"grown after the first {options.every} calls: {seen[-1] - seen[1]:+.1f} MiB")


def calls(module: Any, url: str) -> Iterator[Call]:
    """Yield calls without end, each a little different from the one before."""
    client = module.InferenceServerClient(url)
    pictures = [picture(side, wide) for side in SIDES for wide in SIDES]
    inputs = [one for pixels in pictures for one in (raw(module, pixels), encoded(module, pixels))]
    overlay = [module.InferRequestedOutput("overlay"), module.InferRequestedOutput("verdict")]
    wrong = module.InferInput("picture", [1], "BYTES")
    wrong.set_data_from_numpy(np.array([b"no image"], object))

    def call(number: int, tensor: Any) -> None:
        if number % MISTAKE_EVERY:
            outputs = None if number % OVERLAY_EVERY else overlay
            client.infer(NAME, [tensor], outputs=outputs).as_numpy("verdict")
            return
        try:
            client.infer(NAME, [wrong])
        except InferenceServerException:
            return
        raise AssertionError("a mistake was answered")

    for number, tensor in enumerate(itertools.cycle(inputs), 1):
        yield lambda number=number, tensor=tensor: call(number, tensor)


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), np.uint8)


def raw(module: Any, pixels: np.ndarray) -> Any:
    tensor = module.InferInput("image", [1, *pixels.shape], "UINT8")
    tensor.set_data_from_numpy(pixels[None])
    return tensor


def encoded(module: Any, pixels: np.ndarray) -> Any:
    tensor = module.InferInput("image_bytes", [1], "BYTES")
    png = cv2.imencode(".png", pixels)[1].tobytes()
    tensor.set_data_from_numpy(np.array([png], object))
    return tensor


class Caller:
    """Makes calls in a thread of its own; the HTTP client does not bear a change of thread."""

    def __init__(self, module: Any, url: str) -> None:
        self._calls = calls(module, url)
        self._thread = ThreadPoolExecutor(1)

    def start(self, count: int) -> Future[None]:
        """Let it make its next calls, and do not wait."""
        return self._thread.submit(self._run, count)

    def _run(self, count: int) -> None:
        for call in itertools.islice(self._calls, count):
            call()


if __name__ == "__main__":
    main()
