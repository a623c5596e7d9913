"""Requests and answers in JSON: what is refused at once, and what the others cost."""

import json
import subprocess
import sys

import numpy as np
import pytest

from gain_serving.errors import BadRequestError
from gain_serving.protocol.request import MAX_PARAMETERS, InferResponse, RequestedOutput
from gain_serving.protocol.rest_form import read_request, write_response
from gain_serving.protocol.tensors import Tensor, output_tensor

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


def written(*tensors):
    asked = [RequestedOutput(tensor.name, binary=False) for tensor in tensors]
    body, headers = write_response(InferResponse("m", "1", "", tensors, asked))
    assert headers == {"Content-Type": "application/json"}
    return body


def test_every_kind_of_value():
    body = written(
        output_tensor("map", np.array([[[0, 255], [7, 1]]], np.uint8)),
        output_tensor("class", np.array([-(2**63), 2**63 - 1])),
        output_tensor("accepted", np.array([True, False])),
        output_tensor("score", np.array([[0.1, np.nan, np.inf, -1e-30]], np.float32)),
        Tensor("verdict", "BYTES", (1,), ["grün".encode()]),
        Tensor("overlay", "BYTES", (1,), [b"\x89P"]),
    )
    rows = {row["name"]: row for row in json.loads(body)["outputs"]}
    assert rows["map"] == {
        "name": "map", "datatype": "UINT8", "shape": [1, 2, 2], "data": [0, 255, 7, 1]
    }  # fmt: skip
    assert rows["class"]["data"] == [-(2**63), 2**63 - 1]
    assert rows["accepted"]["data"] == [True, False]
    # Numbers that JSON does not have.
    assert rows["score"]["data"][1:3] == [None, None]
    values = np.array(rows["score"]["data"], np.float32)[[0, 3]]
    np.testing.assert_array_equal(values, np.array([0.1, -1e-30], np.float32))
    assert rows["verdict"]["data"] == ["grün"]
    assert rows["overlay"]["data"] == ["iVA="]
    assert rows["overlay"]["parameters"] == {"content_type": "base64"}


RESIDENT = """
import re
import numpy as np
from gain_serving.protocol.request import InferResponse, RequestedOutput
from gain_serving.protocol.rest_form import read_request, write_response
from gain_serving.protocol.tensors import output_tensor
def resident(name):
    with open("/proc/self/status") as file:
        return 1024 * int(re.search(name + r":\\s+(\\d+)", file.read())[1])
"""
READ = """
body = b'{"inputs":[{"name":"image","datatype":"UINT8","shape":[1,2000,1000,3],"data":[7'
body += b",7" * 5_999_999 + b"]}]}"
before = resident("VmRSS")
read_request("m", "", body, None, max_tensor_bytes=len(body))
"""
WRITE = """
asked = [RequestedOutput("class_map", binary=False)]
tensors = [output_tensor("class_map", np.full((1, 2000, 2000), 21, np.uint8))]
before = resident("VmRSS")
body, _ = write_response(InferResponse("m", "1", "", tensors, asked))
"""


@pytest.mark.parametrize(("code", "times"), [(READ, 12), (WRITE, 2.5)], ids=["read", "written"])
def test_what_numbers_in_json_take_besides_their_text(serving_environment, code, times):
    """A list of them takes eight bytes each, the text at least two."""
    done = subprocess.run(
        [sys.executable, "-c", RESIDENT + code + 'print((resident("VmHWM") - before) / len(body))'],
        env=serving_environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert float(done.stdout) < times
