"""Make the distribution of the factory box and the helpers beside the tests importable."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SERVING = HERE.parent.parent / "serving"
sys.path[:0] = [str(HERE), str(SERVING)]


@pytest.fixture(scope="session")
def serving_environment():
    """The environment of a process that runs gain-serve from this repository."""
    path = os.pathsep.join(filter(None, [str(SERVING), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}
