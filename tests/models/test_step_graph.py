"""The graph of a GAIN step: two plain steps of operations, and nothing that leaves the device."""

import sys
from pathlib import Path

import pytest
import tensorflow as tf
from support import ALL_LOSSES, tiny_config, tiny_segmenter

from gain_tf.data.pipeline import training_batches
from gain_tf.data.registry import load_data
from gain_tf.training.build import build_model
from gain_tf.training.train import annotated_split, schedule_of

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from operations import count_operations
from step_cost import PLAIN, batch_of, build

ON_THE_HOST = {"PyFunc", "PyFuncStateless", "EagerPyFunc", "PrintV2", "Assert", "StringFormat"}
"""Operations that call Python, or wait for the host."""
OF_ANY_SHAPE = {"Where", "Unique", "UniqueV2", "DynamicPartition"}
"""Operations whose result is as large as their input's values make it."""

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


def kinds_of(step):
    """Names of the operations of a traced step, those inside its conditions among them."""
    graph = step.graph.as_graph_def()
    inside = [node for function in graph.library.function for node in function.node_def]
    return {node.op for node in [*graph.node, *inside]}


def assert_stays_on_its_device(step):
    kinds = kinds_of(step)
    assert {"Conv2D", "Conv2DBackpropFilter"} <= kinds
    assert not ON_THE_HOST & kinds
    assert not OF_ANY_SHAPE & kinds
    unknown = [
        output.name
        for operation in step.graph.get_operations()
        for output in operation.outputs
        if output.dtype.is_floating and not output.shape.is_fully_defined()
    ]
    assert not unknown


def built_by_a_run(**changes):
    """The step that `fit` takes: model and batches as a config makes them."""
    config = tiny_config(
        data__budget={"masks": 2, "boxes": 2},
        data__augmentation={"flip_horizontal": True, "crop": 0.8},
        data__background_swap=0.5,
        guidance__kind="both",
        guidance__losses=ALL_LOSSES,
        **changes,
    )
    data = load_data(config.data)
    split = annotated_split(config, data)
    schedule = schedule_of(config, split, data.unguided_classes)
    size, augmentation = config.data.image_size, config.data.augmentation
    batches = training_batches(split, schedule, size, augmentation, epochs=1)
    model = build_model(config, data, schedule.steps)
    return tf.function(model.train_step).get_concrete_function(batches.element_spec)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"training__remat": True},
        {"training__precision": "mixed_float16"},
        {"guidance": {"alpha": 0, "omega": 0}},
    ],
    ids=["guided", "remat", "mixed_float16", "plain"],
)
def test_a_step_stays_on_its_device_and_keeps_its_shapes(changes):
    fixed = {} if "guidance" in changes else {"guidance__max_labels": 1}
    assert_stays_on_its_device(built_by_a_run(**changes, **fixed))


def test_a_segmenter_s_step_stays_on_its_device():
    model = tiny_segmenter(2)
    model.compile("sgd")
    model.optimizer.build(model.trainable_variables)
    example = {
        "image": tf.TensorSpec([2, 16, 16, 3]),
        "cues": tf.TensorSpec([2, 4, 4, 3], tf.bool),
    }
    labels = tf.TensorSpec([2, 2])
    step = tf.function(model.train_step).get_concrete_function((example, labels))
    assert_stays_on_its_device(step)


@pytest.mark.slow
def test_a_number_of_pairs_that_varies_is_seen():
    assert "Where" in kinds_of(built_by_a_run())
