"""A model on a split, and what is written of it."""

import csv
import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from support import tiny_config

from gain_tf.data.registry import load_data
from gain_tf.data.shard import Shard
from gain_tf.errors import FailedError, UserError
from gain_tf.evaluation.evaluate import answer_part, evaluate_everywhere, evaluate_model
from gain_tf.evaluation.evaluation_files import write_evaluation, write_predictions
from gain_tf.evaluation.parts import Parts
from gain_tf.evaluation.predictions import Judge
from gain_tf.metrics import area_under_curve, energy_in_mask, replaced_stepwise
from gain_tf.metrics.attention import enlarge
from gain_tf.models.gain import GAIN

CONFIG = tiny_config(data__batch_size=3)


@pytest.fixture(scope="module")
def data():
    return load_data(CONFIG.data)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(7)
    layers = keras.layers
    features = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(6, 3, 4, "same", activation="relu"),
        ]
    )
    head = keras.Sequential(
        [keras.Input((8, 8, 6)), layers.GlobalAveragePooling2D(), layers.Dense(4)]
    )
    return GAIN(features, head, activation="softmax", audit=False)


@pytest.fixture(scope="module")
def judged(model, data):
    return evaluate_model(model, CONFIG, data)


def test_what_the_file_has(judged, data, tmp_path):
    figures, predictions = judged
    write_evaluation(figures, tmp_path / "evaluation.json")
    text = (tmp_path / "evaluation.json").read_text()
    assert "NaN" not in text
    found = json.loads(text)
    assert (found["split"], found["images"], found["seed"]) == ("test", 4, 1)
    assert {"accuracy", "balanced_accuracy", "map", "per_class"} <= set(found["classification"])
    wanted = "energy_in_mask mask_area pointing_game iou iou_threshold zero_maps per_class"
    assert set(wanted.split()) <= set(found["attention"])
    assert found["attention"]["iou_threshold_chosen_on"] == "validation"
    assert found["attention"]["maps"] == len(predictions.maps) == 4
    assert {"miou", "per_class", "confusion"} <= set(found["segmentation"])
    assert list(found["segmentation"]["per_class"]) == ["background", *data.class_names]
    # Every pixel of every mask is counted.
    assert np.sum(found["segmentation"]["confusion"]) == 4 * 32 * 32


def test_parts_judged_together_are_the_whole(judged, model, data, tmp_path):
    parts = Parts(tmp_path / "parts")
    # More parts than images: some are empty.
    for number in (3, 1, 5, 2, 4):
        shard = Shard(number, 5)
        assert answer_part(model, CONFIG, data, None, parts, shard) == ["test", "validation"]
    figures, predictions = evaluate_model(model, CONFIG, data, parts=parts)
    whole = judged[1]
    assert list(predictions.ids) == list(whole.ids)
    np.testing.assert_allclose(predictions.scores, whole.scores, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(predictions.confusion, whole.confusion)
    assert [(m.image, m.category) for m in predictions.maps] == [
        (m.image, m.category) for m in whole.maps
    ]
    flat = {k: v for k, v in figures["attention"].items() if isinstance(v, float)}
    assert flat == pytest.approx({k: judged[0]["attention"][k] for k in flat}, abs=1e-5)
    kept = tmp_path / "parts" / "test-1-of-5.npz"
    before = kept.stat().st_mtime_ns
    answer_part(model, CONFIG, data, None, parts, Shard(1, 5))
    assert kept.stat().st_mtime_ns == before


def test_parts_that_do_not_fit_are_told(model, data, tmp_path):
    parts = Parts(tmp_path)
    with pytest.raises(UserError, match="holds no part of test; make all parts"):
        evaluate_model(model, CONFIG, data, parts=parts)
    answer_part(model, CONFIG, data, None, parts, Shard(1, 3))
    with pytest.raises(UserError, match="lacks parts 2/3, 3/3 of test"):
        evaluate_model(model, CONFIG, data, parts=parts)
    answer_part(model, CONFIG, data, None, parts, Shard(1, 2))
    with pytest.raises(UserError, match="holds parts of 2, 3 of test"):
        evaluate_model(model, CONFIG, data, parts=parts)
    other = replace(data.splits["test"], ids=["other", *data.splits["test"].ids[1:]])
    (tmp_path / "test-1-of-2.npz").rename(tmp_path / "only-1-of-1.npz")
    with pytest.raises(UserError, match=r"only-1-of-1.npz: holds answers for other images"):
        parts.joined("only", other)


@pytest.mark.parametrize("left", [b"", b"no archive", None], ids=["nothing", "text", "half"])
def test_a_damaged_part_is_named(model, data, tmp_path, left):
    parts, path = Parts(tmp_path), tmp_path / "test-1-of-1.npz"
    answer_part(model, CONFIG, data, None, parts, Shard(1, 1))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] if left is None else left)
    with pytest.raises(UserError, match=r"of-1\.npz: is damaged; delete it, and make part 1/1"):
        parts.joined("test", data.splits["test"])


def test_scores_and_maps_are_the_model_s(judged, model, data):
    _, predictions = judged
    split = data.splits["test"]
    images = split.pictures.images.astype(np.float32)
    np.testing.assert_allclose(
        predictions.scores, model.predict(images, verbose=0), rtol=0, atol=1e-5
    )
    labels = split.labels.argmax(axis=1)
    maps = model.attention(images, labels[:, None])[:, 0]
    for figures, index in zip(predictions.maps, range(4), strict=True):
        mask = split.pictures.mask(index) > 0
        assert (figures.image, figures.category) == (index, labels[index])
        assert figures.area == pytest.approx(mask.mean(), abs=1e-9)
        expected = energy_in_mask(enlarge(maps[index], 32, 32), mask)
        assert figures.energy == pytest.approx(expected, abs=1e-4)
    assert max(figures.energy for figures in predictions.maps) > 0


def test_the_threshold_is_not_chosen_on_what_is_reported(judged, model, data):
    figures, _ = judged
    validation, _ = evaluate_model(model, CONFIG, data, "validation")
    assert validation["split"] == "validation"
    curve = validation["attention"]["iou_curve"]
    best = curve["threshold"][int(np.argmax(curve["iou"]))]
    assert figures["attention"]["iou_threshold"] == best
    assert validation["attention"]["iou"] == pytest.approx(max(curve["iou"]), abs=1e-12)


def test_deletion_and_insertion_are_those_of_the_model(model, data):
    """Every image of the split once, though more are asked for; the curve's ends by hand."""
    config = tiny_config(data__batch_size=3, evaluation__faithfulness=9)
    found = evaluate_model(model, config, data)[0]["faithfulness"]
    assert (found["images"], found["steps"]) == (4, 16)
    split, areas = data.splits["test"], []
    for index in range(4):
        image, category = (
            split.pictures.image(index).astype(np.float32),
            split.labels[index].argmax(),
        )
        grid = enlarge(model.attention(image[None], [category])[0, 0], 32, 32)
        stages = replaced_stepwise(image, np.zeros(3), grid)
        areas.append(area_under_curve(model.predict(stages, verbose=0)[:, category]))
    assert found["deletion"] == pytest.approx(np.mean(areas), abs=1e-5)
    assert found["insertion"] != pytest.approx(found["deletion"], abs=1e-4)


def test_without_masks_only_the_verdicts_are_judged(model, data):
    splits = {
        name: replace(split, mask_shows=np.zeros_like(split.mask_shows))
        for name, split in data.splits.items()
    }
    figures, _ = evaluate_model(model, CONFIG, replace(data, splits=splits))
    assert set(figures) == {"split", "images", "seed", "classification"}


def test_scores_that_are_no_numbers_are_a_sentence(model, data):
    """Weights may be finite and their sums not."""
    huge = GAIN.from_config(model.get_config())
    huge.set_weights([weight * 1e30 for weight in model.get_weights()])
    with pytest.raises(FailedError, match="the scores of 4 of 4 images of test are no numbers"):
        evaluate_model(huge, CONFIG, data)


def test_a_mask_without_background_judges_no_map(model, data):
    """Where all but the object is unknown, every map would be perfect."""
    split = data.splits["test"]
    masks = split.pictures.masks.copy()
    masks[0][masks[0] == 0] = 255
    partial = replace(split, pictures=replace(split.pictures, masks=masks))
    _, predictions = evaluate_model(
        model, CONFIG, replace(data, splits={**data.splits, "test": partial})
    )
    assert [figures.image for figures in predictions.maps] == [1, 2, 3]


def test_an_object_that_the_smaller_mask_has_lost_judges_no_map(model, data):
    """No map could find it."""
    split = data.splits["test"]
    masks = split.pictures.masks.copy()
    masks[0] = 0
    lost = replace(split, pictures=replace(split.pictures, masks=masks))
    assert lost.mask_shows[0].any()
    _, predictions = evaluate_model(
        model, CONFIG, replace(data, splits={**data.splits, "test": lost})
    )
    assert [figures.image for figures in predictions.maps] == [1, 2, 3]


def test_attention_to_unknown_pixels_alone_misses_but_is_not_zero(data):
    split = data.splits["test"]
    category = int(split.labels[0].argmax())
    mask = np.full((4, 4), 255, np.uint8)
    mask[0], mask[1] = category + 1, 0
    attention = np.zeros((4, 4), np.float32)
    attention[3] = 1
    judge = Judge(data, split)
    judge.judge(0, [(category, attention)], mask)
    judge.judge(0, [(category, np.zeros((4, 4), np.float32))], mask)
    assert [figures.zero for figures in judge.maps] == [False, True]
    assert [figures.energy for figures in judge.maps] == [0, 0]


def test_unguided_classes_have_no_map(model, data):
    _, predictions = evaluate_model(model, CONFIG, replace(data, unguided_classes=[0, 2]))
    assert {figures.category for figures in predictions.maps} == {1, 3}


def test_a_split_that_is_not_there(model, data):
    with pytest.raises(UserError, match="workpiece has no split 'tset'; it has train, validation"):
        evaluate_model(model, CONFIG, data, "tset")


def test_predictions_csv(judged, data, tmp_path):
    _, predictions = judged
    write_predictions(predictions, data, tmp_path / "predictions.csv")
    with (tmp_path / "predictions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == list(data.splits["test"].ids)
    for row, scores, labels in zip(rows, predictions.scores, predictions.labels, strict=True):
        written = [float(row[f"score {name}"]) for name in data.class_names]
        np.testing.assert_allclose(written, scores, rtol=0, atol=1e-6)
        assert row["verdict"] == data.class_names[int(scores.argmax())]
        assert row["label"] == data.class_names[int(labels.argmax())]


def test_several_labels_are_joined(judged, data, tmp_path):
    _, predictions = judged
    several = replace(data, single_label=False)
    labels = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 1]], np.float32)
    path = tmp_path / "predictions.csv"
    write_predictions(replace(predictions, labels=labels), several, path)
    with path.open(newline="", encoding="utf-8") as file:
        found = [row["label"] for row in csv.DictReader(file)]
    a, b, c, d = data.class_names
    assert found == [f"{a};{c}", "", b, ";".join((a, b, c, d))]


def test_every_test_split_is_judged(model, data, judged):
    figures, predictions = evaluate_everywhere(model, CONFIG, data)
    assert list(figures["splits"]) == list(data.also_evaluated) == ["unbiased"]
    alone, _ = evaluate_model(model, CONFIG, data, "unbiased")
    assert figures["splits"]["unbiased"] == alone
    assert {key: figures[key] for key in judged[0]} == judged[0]
    np.testing.assert_array_equal(predictions.scores, judged[1].scores)
    plain = replace(data, splits={name: data.splits[name] for name in ("train", "validation")})
    assert "splits" not in evaluate_everywhere(model, CONFIG, plain)[0]
