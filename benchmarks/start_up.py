"""How long a user waits: for `--help`, for `import gain_tf`, for the first training step of a run.

    python benchmarks/start_up.py [--config configs/workpiece.yaml] [--repeat 3] [--out FOLDER]

Every number is the median of processes of their own, from their start. The run is the config's own,
its rows side by side where it says so; it is ended after the first step of its first row. Prints a
Markdown table, and with `--out` writes `start_up.md` and `start_up.png`.
"""

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from written import bars, table_of, write

AIMS = {"gain-tf --help": 0.5, "first training step": 30.0}
"""Seconds that it should not take."""

LONGEST = 600.0
"""Seconds after which the first step is waited for no longer."""

HOOK = """
import importlib.abc, importlib.machinery, pathlib, sys

class Watched(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "gain_tf.training.divergence":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        load = spec.loader.exec_module

        def watched(module):
            load(module)
            ended = module.StopOnDivergence.on_train_batch_end

            def tell(self, batch, logs=None):
                ended(self, batch, logs)
                pathlib.Path({place!r}).touch()

            module.StopOnDivergence.on_train_batch_end = tell

        spec.loader.exec_module = watched
        return spec

sys.meta_path.insert(0, Watched())
"""
"""Told to every Python process of the run: leave a file when a step is done."""


def seconds_of(command: list[str]) -> float:
    """Time a command from its start to its end."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def seconds_to_the_first_step(config: str) -> float:
    """Time a run from its start to the end of its first training step, and end it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "stepped")
        Path(folder, "sitecustomize.py").write_text(HOOK.format(place=str(place)))
        path = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))
        started = time.perf_counter()
        run = subprocess.Popen(
            [sys.executable, "-m", "gain_tf.fit", "--config", config, f"--set=run.root={folder}"],
            # Temporary files go with the folder: who would remove them is killed as well.
            env={
                **os.environ,
                "PYTHONPATH": path,
                "TF_CPP_MIN_LOG_LEVEL": "3",
                "TMPDIR": folder,
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            while not place.exists():
                if run.poll() is not None or time.perf_counter() - started > LONGEST:
                    raise RuntimeError(f"{config}: ended, or took too long, before its first step")
                time.sleep(0.02)
            return time.perf_counter() - started
        finally:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a user waits.")
    parser.add_argument("--config", default="configs/workpiece.yaml")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--out", type=Path, help="folder of the table and the picture")
    options = parser.parse_args()
    waits: dict[str, Callable[[], float]] = {
        "gain-tf --help": lambda: seconds_of([sys.executable, "-m", "gain_tf", "--help"]),
        "import gain_tf": lambda: seconds_of([sys.executable, "-c", "import gain_tf"]),
        "first training step": lambda: seconds_to_the_first_step(options.config),
    }
    found = {name: [wait() for _ in range(options.repeat)] for name, wait in waits.items()}
    table = table_of(
        ["what", "seconds, median", "all", "aimed at"],
        [
            [
                name,
                f"{statistics.median(own):.2f}",
                ", ".join(f"{one:.2f}" for one in own),
                f"{AIMS[name]:g}" if name in AIMS else "",
            ]
            for name, own in found.items()
        ],
    )
    print(table)
    shares = {
        name: {"of what was aimed at": statistics.median(own) / AIMS[name]}
        for name, own in found.items()
        if name in AIMS
    }
    figure = bars(shares, "share of the seconds aimed at", {"of what was aimed at": 1.0})
    write(options.out, "start_up", table, figure)


if __name__ == "__main__":
    main()
