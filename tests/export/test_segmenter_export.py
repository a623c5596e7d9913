"""Segmenters exported: Keras, SavedModel and ONNX Runtime name the same class for every pixel."""

import json

import keras
import numpy as np
import pytest
from support import tiny_segmenter

import gain_export
from gain_export.answers import onnx_run, session_of
from gain_export.map_parity import SHORTFALL, compare_maps, require_maps
from gain_export.metadata import read_metadata
from gain_export.names import CLASS_MAP, PROBABILITIES
from gain_export.reference import picture_batches
from gain_export.saved_model import saved_model_run
from gain_export.segmenter_graph import segmenter_inference_of
from gain_tf.errors import FailedError
from gain_tf.segmentation.inference import InferenceSettings, class_maps

CLASSES, SIZE = 3, (32, 48)


@pytest.fixture(scope="module")
def model():
    return tiny_segmenter(CLASSES)


@pytest.fixture(scope="module")
def pictures():
    """Smooth colours in several sizes, one smaller than the map."""
    random = np.random.default_rng(5)
    coarse = [random.uniform(0, 255, (5, 5, 3)) for _ in range(3)]
    sizes = ((60, 40), (32, 48), (7, 9))
    return [
        np.asarray(keras.ops.image.resize(each, size)).astype(np.uint8)
        for each, size in zip(coarse, sizes, strict=True)
    ]


@pytest.fixture(scope="module")
def files(model, pictures, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported")
    names = ["cat", "dog", "hat"]
    gain_export.to_onnx(
        model, folder / "m.onnx", image_size=SIZE, class_names=names, images=pictures
    )
    gain_export.to_saved_model(model, folder / "saved", image_size=SIZE, images=pictures)
    return folder


def test_all_three_agree_on_the_class_of_every_pixel(model, pictures, files):
    runs = (onnx_run(session_of(files / "m.onnx")), saved_model_run(files / "saved"))
    ours = class_maps(model.predict_on_batch, pictures, InferenceSettings(SIZE))
    for picture, known in zip(pictures, ours, strict=True):
        assert len(np.unique(known)) > 1
        logits = model.logits(next(picture_batches([picture], segmenter_inference_of(model, SIZE))))
        for run in runs:
            answer = run(picture[np.newaxis])
            found = np.asarray(answer[CLASS_MAP])
            assert found.dtype == np.uint8
            assert found.shape == (1, *picture.shape[:2])
            # Ties apart; there are none of note in a few thousand pixels.
            assert (found[0] != known).mean() <= 1e-3
            scores = np.asarray(answer["scores"])
            np.testing.assert_allclose(scores, model.image_scores(logits), rtol=0, atol=1e-4)
            cells = np.asarray(answer[PROBABILITIES])
            np.testing.assert_allclose(cells, keras.ops.softmax(logits), rtol=0, atol=1e-4)


def test_the_file_says_that_it_is_a_segmenter(files):
    about = read_metadata(files / "m.onnx")
    assert (about["task"], about["class_names"]) == ("segmentation", ["cat", "dog", "hat"])
    assert about["input_size"] == list(SIZE)


def test_several_pictures_at_a_time(files, pictures):
    run = onnx_run(session_of(files / "m.onnx"))
    both = np.stack([pictures[0], pictures[0][::-1]])
    alone = run(both[:1])
    np.testing.assert_array_equal(run(both)[CLASS_MAP][:1], alone[CLASS_MAP])


def test_a_file_that_names_another_class_is_refused(model, pictures, files):
    inference = segmenter_inference_of(model, SIZE)
    right = onnx_run(session_of(files / "m.onnx"))

    def wrong(image):
        answer = dict(right(image))
        if image.shape[1] == 60:
            # One pixel, and the class that is least likely there.
            shifted = answer[CLASS_MAP].copy()
            probabilities = model(next(picture_batches([image[0]], inference))).numpy()[0]
            shifted[0, 0, 0] = probabilities[0, 0].argmin()
            answer[CLASS_MAP] = shifted
        return answer

    names = ["one", "two", "three"]

    def unsure(image):
        answer = right(image)
        return {**answer, PROBABILITIES: answer[PROBABILITIES] + np.float32(0.01)}

    judged = [
        compare_maps(inference, picture_batches(pictures, inference), run, pictures, names)
        for run in (right, wrong, unsure)
    ]
    assert [parity.passed for parity in judged] == [True, False, False]
    assert judged[2].cells == pytest.approx(0.01, abs=1e-4)
    require_maps(judged[0], "model.onnx")
    assert judged[1].shortfall > SHORTFALL
    assert judged[1].worst == "one"
    assert json.dumps(judged[1].figures())
    with pytest.raises(FailedError, match=r"model\.onnx does not answer .* differs most is one"):
        require_maps(judged[1], "model.onnx")
