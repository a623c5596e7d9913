"""The graph of a GAIN step: two plain steps of operations, and nothing that leaves the device."""

import sys
from pathlib import Path

import pytest
import tensorflow as tf

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from operations import count_operations
from step_cost import PLAIN, batch_of, build

ON_THE_HOST = {"PyFunc", "PyFuncStateless", "EagerPyFunc", "PrintV2", "Assert", "StringFormat"}
"""Operations that call Python, or wait for the host."""

SIZE, BATCH = 64, 2


def graph_of(labels):
    batch = batch_of(SIZE, BATCH, labels)
    step = tf.function(build("efficientnet_lite0", SIZE, labels).train_step)
    return step.get_concrete_function(batch)


@pytest.fixture(scope="module")
def graphs():
    """The plain step, and steps with one label and three."""
    return {labels: graph_of(labels) for labels in (PLAIN, 1, 3)}


@pytest.mark.slow
@pytest.mark.parametrize(("labels", "most"), [(1, 2.05), (3, 4.2)])
def test_a_step_has_the_operations_of_one_plain_step_and_one_a_label(graphs, labels, most):
    operations = {number: count_operations(graph) for number, graph in graphs.items()}
    share = operations[labels] / operations[PLAIN]
    # Far below two passes each way, a stream would be lost.
    assert (1 + labels) * 0.95 < share <= most


@pytest.mark.slow
def test_a_step_stays_on_its_device_and_keeps_its_shapes(graphs):
    operations = graphs[1].graph.get_operations()
    assert len(operations) > 1000
    assert not ON_THE_HOST & {operation.type for operation in operations}
    unknown = [
        output.name
        for operation in operations
        for output in operation.outputs
        if output.dtype.is_floating and not output.shape.is_fully_defined()
    ]
    assert not unknown
