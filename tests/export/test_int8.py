"""A classifier in eight bits: what it is calibrated on, and when it is refused."""

from collections.abc import Sequence

import keras
import numpy as np
import pytest
from support import tiny_config

import gain_export
import gain_tf
from gain_export.answers import answers_of, onnx_run, session_of
from gain_export.int8 import CALIBRATION, Agreement, agreement
from gain_export.metadata import About
from gain_export.run_export import run_exporter
from gain_tf.config import write_config
from gain_tf.data.registry import load_data

RIGHT = {
    "images": 200,
    "verdicts": 1.0,
    "of_class": {"good": (198, 198), "scorched": (2, 2)},
    "overlap": 0.95,
    "threshold": 0.2,
    "speed": 2.0,
}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, []),
        ({"verdicts": 0.98}, ["98.0% of the verdicts agree, 99% are asked"]),
        (
            # 99 % of all verdicts, and no defect is found any more.
            {"verdicts": 0.99, "of_class": {"good": (198, 198), "scorched": (2, 0)}},
            ["0 of 2 images of 'scorched' keep it, 90% are asked"],
        ),
        ({"verdicts": 0.995, "of_class": {"good": (198, 198), "scorched": (2, 1)}}, []),
        (
            {"verdicts": 0.99, "of_class": {"good": (985, 985), "scorched": (15, 13)}},
            ["13 of 15 images of 'scorched' keep it, 90% are asked"],
        ),
        ({"overlap": 0.5}, ["the maps overlap by 0.50, 0.9 is asked"]),
        ({"speed": 1.0}, ["it is 1.00 times as fast here, 1.2 is asked"]),
    ],
)
def test_a_refusal_has_its_figure(changed, said):
    found = Agreement(**{**RIGHT, **changed})
    assert found.shortcomings == said
    assert found.figures()["shipped"] == (not said)


class Listed(Sequence):
    """Pictures, listed class by class, that note which of them were asked for."""

    def __init__(self, pictures):
        self.pictures, self.asked = pictures, []

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, index):
        self.asked.append(index)
        return self.pictures[index]


def small(side, classes, activation):
    keras.utils.set_random_seed(5)
    layers = keras.layers
    features = keras.Sequential(
        [
            keras.Input((side, side, 3)),
            # Scores far from 0 and 1, whatever the pictures.
            layers.Rescaling(1 / 1000),
            layers.Conv2D(4, 3, 4, "same", activation="relu"),
        ]
    )
    shape = (side // 4, side // 4, 4)
    head = keras.Sequential(
        [keras.Input(shape), layers.GlobalAveragePooling2D(), layers.Dense(classes)]
    )
    return gain_tf.GAIN(features, head, activation=activation, audit=False)


@pytest.fixture
def exported(rng, tmp_path):
    pictures = list(rng.integers(0, 256, (4, 16, 16, 3), dtype=np.uint8))
    path = tmp_path / "model.onnx"
    gain_export.to_onnx(small(16, 3, "softmax"), path, images=pictures)
    return path, pictures


def test_calibration_sees_every_part_of_the_list(exported, rng, tmp_path):
    listed = Listed(rng.integers(0, 256, (301, 16, 16, 3), dtype=np.uint8))
    gain_export.quantise(exported[0], listed, tmp_path / "int8.onnx")
    assert len(set(listed.asked)) == CALIBRATION
    assert (min(listed.asked), max(listed.asked)) == (0, 300)
    assert np.diff(sorted(listed.asked)).max() <= 4


def test_verdicts_are_those_that_are_served(exported):
    path, pictures = exported
    known = answers_of(onnx_run(session_of(path)), pictures)

    def compared(band):
        about = About("m", ["a", "b", "c"], single_label=True, reject_band=band)
        return agreement(path, path, known, pictures, threshold=0.2, about=about)

    found = compared(None)
    assert found.verdicts == 1
    assert sum(images for images, _ in found.of_class.values()) == 4
    assert all(images == kept for images, kept in found.of_class.values())
    # A band over everything rejects every image.
    assert compared((0.0, 1.0)).of_class == {}


def test_the_verdict_is_that_of_the_data_whatever_the_activation(tmp_path):
    config = tiny_config(model__activation="sigmoid")
    assert load_data(config.data).single_label
    write_config(config, tmp_path / "config.yaml")
    small(32, 4, "sigmoid").save(tmp_path / "model.keras")
    exporter, _ = run_exporter(tmp_path, None)
    assert exporter.about.single_label
