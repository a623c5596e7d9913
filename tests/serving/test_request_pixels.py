"""What the images of one request may be together, told before any of them is decoded."""

import cv2
import numpy as np
import pytest
from models import write_model

from gain_serving import Runtime
from gain_serving.errors import BadImageError, TooLargeError
from gain_serving.limits import MAX_JSON_VALUES
from gain_serving.protocol.inference import answer
from gain_serving.protocol.request import InferRequest, RequestedOutput
from gain_serving.protocol.tensors import Tensor
from gain_serving.settings import load_settings

HEADER = 64


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.onnx"
    write_model(path, attention=False, class_map=True, input_size=None)
    return Runtime(path, max_pixels=40_000_000)


def png(height, width):
    return cv2.imencode(".png", np.zeros((height, width), np.uint8))[1].tobytes()


def ask(runtime, images, most, *, binary=True, outputs=None):
    encoded = isinstance(images, list)
    tensor = (
        Tensor("image_bytes", "BYTES", (len(images),), images)
        if encoded
        else Tensor("image", "UINT8", images.shape, images)
    )
    request = InferRequest("m", "", [tensor], outputs, binary=binary)
    return answer(request, runtime, max_batch=64, max_request_pixels=most).response


@pytest.mark.parametrize("images", [[png(4, 6)] * 3, np.zeros((3, 4, 6, 3), np.uint8)])
def test_the_pixels_of_all_images_count(segmenter, images):
    assert ask(segmenter, images, 72).outputs[0].shape == (3, 3)
    with pytest.raises(TooLargeError) as caught:
        ask(segmenter, images, 71)
    assert str(caught.value) == (
        "the images of the request have 72 pixels together, more than the 71 that are allowed; "
        "send them in several requests"
    )


def test_headers_are_enough(segmenter):
    """Nothing but the headers is there to be decoded."""
    with pytest.raises(TooLargeError, match="40000000 pixels together"):
        ask(segmenter, [png(4000, 5000)[:HEADER]] * 2, 30_000_000)


def test_an_image_that_is_too_large_by_itself_is_told_as_such(segmenter):
    with pytest.raises(TooLargeError, match="the image has 5000 x 9000 = 45000000 pixels"):
        ask(segmenter, [png(2, 2), png(9000, 5000)[:HEADER]], 30_000_000)


def test_a_large_class_map_goes_as_binary_data_alone(segmenter):
    """The header alone is there, so what is not refused by its size cannot be decoded."""
    side = 5793
    assert (side - 1) ** 2 <= MAX_JSON_VALUES < side**2
    header = [png(side, side)[:HEADER]]
    verdict = [RequestedOutput("verdict", binary=False)]
    class_map = [RequestedOutput("class_map", binary=False)]
    for outputs in (None, class_map):
        with pytest.raises(TooLargeError, match=r"too large for JSON.*\(binary_data: true\)"):
            ask(segmenter, header, 10**9, binary=False, outputs=outputs)
    with pytest.raises(BadImageError):
        ask(segmenter, header, 10**9)
    with pytest.raises(BadImageError):
        ask(segmenter, header, 10**9, binary=False, outputs=verdict)
    with pytest.raises(BadImageError):
        ask(segmenter, [png(side - 1, side - 1)[:HEADER]], 10**9, binary=False)


def test_unless_told_two_images_of_the_largest_size_fit():
    assert load_settings({}, None).most_pixels == 100_000_000
    assert load_settings({"max_pixels": 7}, None).most_pixels == 14
    assert load_settings({"max_pixels": 7, "max_request_pixels": 9}, None).most_pixels == 9
