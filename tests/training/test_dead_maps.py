"""Dead attention maps are named while there is time."""

import logging
from pathlib import Path

from gain_tf.training.dead_maps import DeadMaps


def said(caplog, *epochs):
    callback = DeadMaps(Path("runs/a"))
    with caplog.at_level(logging.WARNING):
        for epoch, logs in enumerate(epochs):
            callback.on_epoch_end(epoch, logs)
    return [record.getMessage() for record in caplog.records]


def test_said_once_when_most_are_dead(caplog):
    (sentence,) = said(caplog, {"zero_maps": 0.4}, {"zero_maps": 0.89}, {"zero_maps": 1.0})
    assert sentence.startswith("runs/a, epoch 2: 89 % of the attention maps were zero everywhere")
    assert "{name: revive, weight: 1}" in sentence


def test_not_said_of_a_plain_network_or_of_a_few_maps(caplog):
    assert said(caplog, None, {"loss": 1.0}, {"zero_maps": 0.5}) == []
