"""What exporting costs, and what attention and eight bits cost or save in ONNX Runtime.

    python benchmarks/export.py [--only resnet50 ...] [--repeat 15] [--out docs/results/export.md]

Each network in a process of its own, at 224 pixels with random weights; calls on one picture are
interleaved, and medians compared; one thread, for the waiting threads of one session would disturb
the next. The agreement of eight bits is not measured here: it belongs to trained weights, and every
`gain-tf export --to int8` measures it.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

NETWORKS: Mapping[str, tuple[str, dict[str, str]]] = {
    "vgg16 (fc6/fc7)": ("vgg16", {}),
    "vgg16, GAP head": ("vgg16", {"head": "gap"}),
    "resnet50": ("resnet50", {}),
    "resnet101": ("resnet101", {}),
    "densenet121": ("densenet121", {}),
    "efficientnet_lite0": ("efficientnet_lite0", {}),
}
SIZE = (224, 224)
MIB = 2**10
HEADINGS = (
    "network | export, s | peak, MiB | file, MB | scores alone, ms | with attention | int8, faster"
)


def median_times(runs: Mapping[str, Any], picture: np.ndarray, repeat: int) -> dict[str, float]:
    """Time calls in turn; the first two of each allocate and are left out."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeat + 2):
        for name, run in runs.items():
            start = time.perf_counter()
            run(picture)
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken[2:]) for name, taken in times.items()}


def measure(network: str, repeat: int) -> dict[str, float]:
    """Export one network and time what comes out."""
    import gain_export
    import gain_tf
    from gain_export.answers import onnx_run, session_of

    backbone, options = NETWORKS[network]
    size: Any = SIZE
    settings: Any = options
    model = gain_tf.GAIN(
        backbone, classes=20, weights=None, activation="softmax", image_size=size, **settings
    )
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (*SIZE, 3), np.uint8) for _ in range(8)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        start = time.perf_counter()
        with_attention = gain_export.to_onnx(model, place / "model.onnx", image_size=SIZE)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        alone = gain_export.to_onnx(model, place / "scores.onnx", image_size=SIZE, attention=False)
        gain_export.quantise(with_attention, pictures, place / "int8.onnx")
        files = {"attention": with_attention, "alone": alone, "int8": place / "int8.onnx"}
        runs = {name: onnx_run(session_of(path, threads=1)) for name, path in files.items()}
        times = median_times(runs, pictures[0][np.newaxis], repeat)
        size_mb = with_attention.stat().st_size / 1e6
    return {
        "seconds": seconds,
        "peak": peak / MIB,
        "megabytes": size_mb,
        "alone": 1e3 * times["alone"],
        "attention": times["attention"] / times["alone"],
        "int8": times["attention"] / times["int8"],
    }


def row_of(network: str, found: Mapping[str, float]) -> str:
    return (
        f"| {network} | {found['seconds']:.0f} | {found['peak']:.0f} | {found['megabytes']:.0f} | "
        f"{found['alone']:.0f} | {found['attention']:.2f} | {found['int8']:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Cost of exporting and of what was exported")
    parser.add_argument("--only", nargs="*", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--measure", choices=NETWORKS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.repeat)))
        return
    lines = [f"| {HEADINGS} |", "|---" * len(HEADINGS.split("|")) + "|"]
    for network in arguments.only:
        done = subprocess.run(
            [sys.executable, __file__, "--measure", network, "--repeat", str(arguments.repeat)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        lines.append(row_of(network, json.loads(done.stdout.splitlines()[-1])))
        print(lines[-1], flush=True)
    if arguments.out:
        arguments.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
