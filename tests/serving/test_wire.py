"""Messages refused before they are read."""

import pytest
from tritonclient.grpc import service_pb2

from gain_serving.errors import BadRequestError
from gain_serving.protocol.wire import MAX_FIELDS, refuse_many_fields

OUTPUT = b"\x32\x00"
"""Field 6 with a length, of 0 bytes."""


def test_a_request_passes():
    request = service_pb2.ModelInferRequest(model_name="tiny", id="7")
    request.inputs.add(name="image", datatype="UINT8", shape=[1, 300, 300, 3])
    request.raw_input_contents.append(bytes(270_000))
    refuse_many_fields(request.SerializeToString())
    refuse_many_fields(b"")
    refuse_many_fields(OUTPUT * MAX_FIELDS)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (OUTPUT * (MAX_FIELDS + 1), "more than 512 fields"),
        # Field 1 as a number, as 8 bytes, as 4 bytes.
        ((b"\x08\x05" + b"\x09" + bytes(8) + b"\x0d" + bytes(4)) * 171, "more than 512 fields"),
        (b"\x0b", "a group"),
        (b"\x32\x05abc", "breaks off"),
        (b"\x32", "breaks off"),
        (b"\xff" * 11, "breaks off"),
    ],
)
def test_what_is_no_request_is_refused(raw, said):
    with pytest.raises(BadRequestError, match=said):
        refuse_many_fields(raw)
