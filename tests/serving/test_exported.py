"""The whole way: model, repository, server, NVIDIA's client, and the same answer at its end."""

import cv2
import keras
import numpy as np
import pytest
import tritonclient.grpc

import gain_export
import gain_tf
from gain_tf.data.decode import decode_image
from gain_tf.data.pipeline import resize_image

CLASSES = ["good", "scratch", "dent"]
BAND = (0.0, 0.34)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(5)
    layers = keras.layers
    features = keras.Sequential(
        [
            keras.Input((32, 24, 3)),
            layers.Rescaling(1 / 64),
            layers.Conv2D(8, 3, 4, "same", activation="relu"),
        ]
    )
    head = keras.Sequential(
        [keras.Input((8, 6, 8)), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    )
    return gain_tf.GAIN(features, head, activation="softmax", audit=False)


@pytest.fixture(scope="module")
def photograph():
    """As a camera's file: not the network's size, and encoded."""
    grey = np.random.default_rng(1).integers(0, 256, (9, 7, 3), np.uint8)
    done, data = cv2.imencode(".jpg", cv2.resize(grey, (70, 91), interpolation=cv2.INTER_CUBIC))
    assert done
    return data.tobytes()


def test_the_server_answers_as_the_training(model, photograph, start_server, tmp_path):
    gain_export.to_repository(
        model, tmp_path / "models", name="part", class_names=CLASSES, reject_band=BAND
    )
    server = start_server(tmp_path / "models")
    with tritonclient.grpc.InferenceServerClient(server.grpc) as client:
        tensor = tritonclient.grpc.InferInput("image_bytes", [1], "BYTES")
        tensor.set_data_from_numpy(np.array([photograph], object))
        answer = client.infer("part", [tensor])
    seen = resize_image(decode_image(np.frombuffer(photograph, np.uint8), "photograph"), (32, 24))[
        np.newaxis
    ]
    scores = model.predict(seen, verbose=0)
    np.testing.assert_allclose(answer.as_numpy("scores"), scores, rtol=0, atol=1e-4)
    best = int(scores.argmax())
    np.testing.assert_array_equal(answer.as_numpy("attention_class"), [[best]])
    maps = model.attention(seen, [best])
    assert maps.max() > 0.9
    np.testing.assert_allclose(answer.as_numpy("attention"), maps, rtol=0, atol=1e-3)
    accepted = not BAND[0] <= scores.max() < BAND[1]
    np.testing.assert_array_equal(answer.as_numpy("accepted"), [accepted])
    verdict = CLASSES[best] if accepted else "reject"
    assert answer.as_numpy("verdict").tolist() == [verdict.encode()]
