"""`environment.json`: what is needed to explain a difference between two runs."""

import json
import os
import platform
import subprocess
import sys
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import tensorflow as tf

from gain_tf.files import read_json, replacing
from gain_tf.training.run_folder import MADE_AGAIN
from gain_tf.version import __version__

PACKAGES = (
    "tensorflow",
    "keras",
    "numpy",
    "scipy",
    "h5py",
    "opencv-python-headless",
    "opencv-contrib-python-headless",
    "pillow",
    "scikit-learn",
    "pydensecrf2",
    "tensorflow-datasets",
)
"""Packages that have a part in the figures; those that are not installed are left out."""

VARIABLES = (
    "CUBLAS_",
    "CUDA_",
    "DNNL_",
    "KERAS_BACKEND",
    "KMP_",
    "MKL_",
    "NVIDIA_TF32_OVERRIDE",
    "OMP_",
    "ONEDNN_",
    "OPENBLAS_",
    "TF_CONFIG",
    "TF_CUDNN_",
    "TF_DETERMINISTIC_OPS",
    "TF_ENABLE_",
    "TF_FORCE_",
    "TF_GPU_",
    "TF_NUM_",
    "TF_USE_",
    "TF_XLA_",
    "XLA_",
)
"""How the environment variables begin that change how TensorFlow computes.

Not all that begin with TF_: those of Terraform hold secrets.
"""

EXTENSIONS = ("amx", "avx", "fma", "sse4", "asimd", "sve")
"""How the CPU flags begin by which libraries choose their kernels, and with them the rounding."""

CPU = Path("/proc/cpuinfo")
ANSWER_SECONDS = 10


def environment() -> dict[str, Any]:
    """Describe software and hardware of this process."""
    cpu = _cpu()
    build = tf.sysconfig.get_build_info()
    threads = tf.config.threading
    return {
        "gain_tf": __version__,
        "git_commit": git_commit(Path(__file__).parent),
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": cpu.get("model name") or platform.processor() or platform.machine(),
        "processor_extensions": sorted(
            flag
            for flag in cpu.get("flags", cpu.get("Features", "")).split()
            if flag.startswith(EXTENSIONS)
        ),
        "cores": os.cpu_count(),
        "usable_cores": _usable_cores(),
        # 0: as many as TensorFlow thinks right, which depends on the cores.
        "threads": {
            "intra_op": threads.get_intra_op_parallelism_threads(),
            "inter_op": threads.get_inter_op_parallelism_threads(),
        },
        "gpus": [
            {"name": device.name, **_details(device)}
            for device in tf.config.list_physical_devices("GPU")
        ],
        "cuda": {key: build[key] for key in ("cuda_version", "cudnn_version") if key in build},
        "variables": {
            name: value for name, value in sorted(os.environ.items()) if name.startswith(VARIABLES)
        },
        "packages": _versions(),
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": sys.argv,
    }


def record_environment(path: Path, seed: int) -> None:
    """Write `environment.json` of a run that begins, or add when it went on and what differed then.

    Args:
        path: of the file.
        seed: of the run.
    """
    described = now = {"seed": seed, **environment()}
    if path.is_file():
        before = read_json(path, MADE_AGAIN)
        unlike = {key: value for key, value in now.items() if before.get(key) != value}
        # Always: a run may go on within the second in which it began.
        unlike["started"] = now["started"]
        described = {**before, "resumed": [*before.get("resumed", ()), unlike]}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def git_commit(folder: Path) -> str | None:
    """Return the commit that a folder of source lies at.

    Args:
        folder: of the library.

    Returns:
        The hash, ending in `+changed` where files differ from it; None for an installed library,
        which lies in no repository or is no part of the one it lies in.
    """
    if not (_git(folder, "ls-files", ".") or "").strip():
        return None
    commit, changed = _git(folder, "rev-parse", "HEAD"), _git(folder, "status", "--porcelain", ".")
    return commit and commit.strip() + ("+changed" if changed else "")


def _git(folder: Path, *arguments: str) -> str | None:
    """Ask git; None where there is no answer."""
    try:
        return subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=ANSWER_SECONDS,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None


def _cpu() -> dict[str, str]:
    """Read what Linux says of the first core; empty elsewhere."""
    if not CPU.is_file():
        return {}
    first = CPU.read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _usable_cores() -> int | None:
    # A container or a batch system may give less than there is; not every system can say.
    allowed = getattr(os, "sched_getaffinity", None)
    return os.cpu_count() if allowed is None else len(allowed(0))


def _details(device: Any) -> dict[str, Any]:
    found = tf.config.experimental.get_device_details(device)
    return {key: str(found[key]) for key in ("device_name", "compute_capability") if key in found}


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
