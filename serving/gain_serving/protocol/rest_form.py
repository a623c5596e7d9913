"""How requests and answers look in an HTTP body: JSON, then the packed tensors it speaks of."""

import base64
import binascii
import json
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import pydantic
import pydantic_core
from pydantic import ConfigDict, Field

from gain_serving.errors import BadRequestError
from gain_serving.protocol.request import (
    MAX_INPUTS,
    MAX_OUTPUTS,
    InferRequest,
    InferResponse,
    Parameter,
    flag,
    refuse_shared_memory,
    requested_output,
)
from gain_serving.protocol.tensors import (
    BYTES,
    DATATYPES,
    MAX_DIMENSIONS,
    Tensor,
    count_elements,
    pack,
    unpack,
)

BASE64 = {"content_type": "base64"}
"""Parameters of an output of bytes that are no text, in JSON."""

_STRICT = ConfigDict(frozen=True, extra="ignore", strict=True)
_SHOWN = 64
_KINDS = {"b": {bool}, "u": {int}, "i": {int}, "f": {int, float}}
"""Kind of a NumPy type -> what its values are in JSON."""


class _Input(pydantic.BaseModel):
    model_config = _STRICT

    name: str
    datatype: str
    shape: list[int] = Field(max_length=MAX_DIMENSIONS)
    parameters: dict[str, Parameter] = {}
    data: Any = None


class _Output(pydantic.BaseModel):
    model_config = _STRICT

    name: str
    parameters: dict[str, Parameter] = {}


class _Request(pydantic.BaseModel):
    model_config = _STRICT

    id: str = ""
    parameters: dict[str, Parameter] = {}
    inputs: list[_Input] = Field(max_length=MAX_INPUTS)
    outputs: list[_Output] | None = Field(default=None, max_length=MAX_OUTPUTS)


def read_request(
    model: str, version: str, body: bytes, header_length: int | None, *, max_tensor_bytes: int
) -> InferRequest:
    """Read a body.

    Args:
        model: name, from the path.
        version: of it; "" for the newest.
        body: JSON, followed by packed tensors.
        header_length: bytes of the JSON; None if it is all there is.
        max_tensor_bytes: of one tensor.

    Returns:
        The request.

    Raises:
        BadRequestError: the body is malformed; the message says where.
        TooLargeError: a tensor is larger than allowed.
    """
    length = len(body) if header_length is None else header_length
    if not 0 <= length <= len(body):
        raise BadRequestError(
            f"the JSON has {length} bytes, says the header; {len(body)} were sent"
        )
    whole = memoryview(body)
    try:
        request = _Request.model_validate_json(
            body if length == len(body) else bytes(whole[:length])
        )
    except pydantic.ValidationError as error:
        raise BadRequestError(f"the request is malformed: {_problems(error)}") from None
    rest = whole[length:]
    inputs = []
    for declared in request.inputs:
        tensor, rest = _read_input(declared, rest, max_tensor_bytes)
        inputs.append(tensor)
    if len(rest):
        raise BadRequestError(f"{len(rest)} bytes were sent that no input speaks of")
    outputs = None
    if request.outputs:
        outputs = [requested_output(one.name, one.parameters) for one in request.outputs]
    return InferRequest(model, version, inputs, outputs, request.parameters, request.id)


def read_parameters(body: bytes) -> dict[str, Any]:
    """Read the body of a call about the repository: a JSON object, or nothing.

    Raises:
        BadRequestError: it is something else.
    """
    try:
        asked = pydantic_core.from_json(body) if body.strip() else {}
    except ValueError as error:
        raise BadRequestError(f"the body is no JSON: {error!s:.200}") from None
    if not isinstance(asked, dict):
        raise BadRequestError("the body must be a JSON object")
    return asked


def write_response(response: InferResponse, request: InferRequest) -> tuple[bytes, dict[str, str]]:
    """Write an answer.

    Args:
        response: what is to be written.
        request: what was asked; it says which outputs come packed.

    Returns:
        The body, and the headers that tell its form.
    """
    binary = flag(request.parameters, "binary_data_output")
    outputs, packed = [], []
    for tensor, asked in zip(response.outputs, response.requested, strict=True):
        row: dict[str, Any] = {
            "name": tensor.name,
            "datatype": tensor.datatype,
            "shape": list(tensor.shape),
        }
        if binary if asked.binary is None else asked.binary:
            packed.append(pack(tensor))
            row["parameters"] = {"binary_data_size": len(packed[-1])}
        else:
            row |= _values(tensor)
        outputs.append(row)
    answer: dict[str, Any] = {"model_name": response.model, "model_version": response.version}
    if response.id:
        answer["id"] = response.id
    text = json.dumps({**answer, "outputs": outputs}, separators=(",", ":")).encode()
    if not packed:
        return text, {"Content-Type": "application/json"}
    headers = {
        "Content-Type": "application/octet-stream",
        "Inference-Header-Content-Length": str(len(text)),
    }
    return b"".join([text, *packed]), headers


def _problems(error: pydantic.ValidationError) -> str:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = []
    for problem in found[:4]:
        place = ".".join(str(part)[:_SHOWN] for part in problem["loc"])
        told.append(f"{place}: {problem['msg']}" if place else problem["msg"])
    more = f"; and {len(found) - len(told)} more" if len(found) > len(told) else ""
    return "; ".join(told)[:1000] + more


def _read_input(declared: _Input, rest: memoryview, max_bytes: int) -> tuple[Tensor, memoryview]:
    name, datatype, shape = declared.name, declared.datatype, declared.shape
    refuse_shared_memory(name, declared.parameters)
    count = count_elements(name, datatype, shape, max_bytes)
    size = declared.parameters.get("binary_data_size")
    if size is None:
        return _from_values(declared, count), rest
    if declared.data is not None:
        raise BadRequestError(f"{name[:_SHOWN]!r}: give data or binary_data_size, not both")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= len(rest):
        raise BadRequestError(
            f"{name[:_SHOWN]!r}: binary_data_size is {size!r:.64}, {len(rest)} bytes are left"
        )
    return unpack(name, datatype, shape, rest[:size], count), rest[size:]


def _from_values(declared: _Input, count: int) -> Tensor:
    name, datatype, shape = declared.name, declared.datatype, tuple(declared.shape)
    if not isinstance(declared.data, list):
        raise BadRequestError(f"{name[:_SHOWN]!r}: data is missing, or no list")
    if datatype == BYTES:
        return Tensor(name, datatype, shape, _from_texts(name, declared.data, count))
    values = _flat(name, declared.data, shape, count)
    dtype = DATATYPES[datatype]
    wrong = BadRequestError(f"{name[:_SHOWN]!r}: data holds what is no {datatype}")
    if not set(map(type, values)) <= _KINDS[dtype.kind]:
        raise wrong
    try:
        array = np.array(values, dtype)
    except OverflowError:
        # That is how NumPy 2 says that a number does not fit.
        raise wrong from None
    return Tensor(name, datatype, shape, array.reshape(shape))


def _flat(name: str, data: list[Any], shape: Sequence[int], count: int) -> list[Any]:
    """Flatten nested lists of a known shape.

    NumPy would find the shape by itself, and make room first for the longest text in every place.
    """
    if len(data) == count and not (data and isinstance(data[0], list)):
        return data
    level: list[Any] = [data]
    for size in shape:
        if not all(isinstance(part, list) and len(part) == size for part in level):
            raise BadRequestError(
                f"{name[:_SHOWN]!r}: data must be {count} values, or lists of the shape "
                f"{list(shape)}"
            )
        level = list(chain.from_iterable(level))
    return level


def _from_texts(name: str, data: Sequence[Any], count: int) -> list[bytes]:
    """Bytes that are no text, images among them, cannot travel in JSON but as base64."""
    if len(data) != count or not all(isinstance(text, str) for text in data):
        raise BadRequestError(f"{name[:_SHOWN]!r}: data must be {count} strings")
    try:
        return [base64.b64decode(text, validate=True) for text in data]
    except (binascii.Error, ValueError):
        raise BadRequestError(
            f"{name[:_SHOWN]!r}: data is no base64; send images as base64 or with binary_data_size"
        ) from None


def _values(tensor: Tensor) -> dict[str, Any]:
    if not isinstance(tensor.data, list):
        values = tensor.data.ravel()
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            # JSON has no such numbers.
            return {"data": [value if np.isfinite(value) else None for value in values.tolist()]}
        return {"data": values.tolist()}
    try:
        return {"data": [element.decode() for element in tensor.data]}
    except UnicodeDecodeError:
        texts = [base64.b64encode(element).decode() for element in tensor.data]
        return {"data": texts, "parameters": BASE64}
