"""`environment.json`: what is needed to explain a difference between two runs."""

import os
import platform
import sys
from importlib import metadata
from typing import Any

import tensorflow as tf

from gain_tf.version import __version__

PACKAGES = ("tensorflow", "keras", "numpy", "opencv-python-headless", "pillow", "scikit-learn")


def environment() -> dict[str, Any]:
    """Describe software and hardware of this process."""
    return {
        "gain_tf": __version__,
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "gpus": [device.name for device in tf.config.list_physical_devices("GPU")],
        "packages": {name: metadata.version(name) for name in PACKAGES},
        "command": sys.argv,
    }
