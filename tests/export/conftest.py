"""A finished run to export, trained once."""

import pytest
from support import tiny_config

from gain_tf.training.run import fit_run


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return fit_run(tiny_config(run__root=str(root)))
