"""Requests in JSON that are refused before they cost anything."""

import json

import pytest

from gain_serving.errors import BadRequestError
from gain_serving.protocol.request import MAX_PARAMETERS
from gain_serving.protocol.rest_form import read_request

INPUT = {"name": "image", "datatype": "UINT8", "shape": [1], "data": [1]}


def read(body):
    return read_request("m", "", json.dumps(body).encode(), None, max_tensor_bytes=100)


@pytest.mark.parametrize("place", ["request", "input", "output"])
def test_parameters_are_counted_before_they_are_looked_at(place):
    def body(count):
        many = {str(number): [] if count > MAX_PARAMETERS else 1 for number in range(count)}
        own = {"parameters": many}
        return {
            "inputs": [INPUT | (own if place == "input" else {})],
            "outputs": [{"name": "scores"} | (own if place == "output" else {})],
            **(own if place == "request" else {}),
        }

    assert read(body(MAX_PARAMETERS)).inputs[0].name == "image"
    with pytest.raises(BadRequestError, match="65 parameters, more than 64") as caught:
        read(body(MAX_PARAMETERS + 1))
    assert len(str(caught.value)) < 200
