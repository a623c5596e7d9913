"""How requests and answers look in an HTTP body: JSON, then the packed tensors it speaks of."""

from typing import Annotated, Any

import orjson
import pydantic
import pydantic_core
from pydantic import BeforeValidator, ConfigDict, Field

from gain_serving.errors import BadRequestError
from gain_serving.protocol.json_tensors import from_json_values, json_values
from gain_serving.protocol.request import (
    MAX_INPUTS,
    MAX_OUTPUTS,
    MAX_PARAMETERS,
    InferRequest,
    InferResponse,
    Parameter,
    flag,
    refuse_shared_memory,
    requested_output,
)
from gain_serving.protocol.tensors import MAX_DIMENSIONS, Tensor, count_elements, pack, unpack

_STRICT = ConfigDict(frozen=True, extra="ignore", strict=True)
_IN_JSON = {
    "model_type": "Input should be an object",
    "dict_type": "Input should be an object",
    "list_type": "Input should be an array",
}
_SHOWN = 64


def _few(parameters: Any) -> Any:
    """Refuse a million parameters before each of them is looked at."""
    if isinstance(parameters, dict) and len(parameters) > MAX_PARAMETERS:
        raise ValueError(f"{len(parameters)} parameters, more than {MAX_PARAMETERS}")
    return parameters


_Parameters = Annotated[dict[str, Parameter], BeforeValidator(_few)]


class _Input(pydantic.BaseModel):
    model_config = _STRICT

    name: str
    datatype: str
    shape: list[int] = Field(max_length=MAX_DIMENSIONS)
    parameters: _Parameters = {}
    data: Any = None


class _Output(pydantic.BaseModel):
    model_config = _STRICT

    name: str
    parameters: _Parameters = {}


class _Request(pydantic.BaseModel):
    model_config = _STRICT

    id: str = ""
    parameters: _Parameters = {}
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
        # In two steps: read by pydantic itself, tensors of numbers would take three times as much.
        content = pydantic_core.from_json(body if length == len(body) else bytes(whole[:length]))
        request = _Request.model_validate(content)
    except pydantic.ValidationError as error:
        raise BadRequestError(f"the request is malformed: {_problems(error)}") from None
    except ValueError as error:
        raise BadRequestError(f"the request is no JSON: {error!s:.200}") from None
    rest = whole[length:]
    inputs = []
    for declared in request.inputs:
        tensor, rest = _read_input(declared, rest, max_tensor_bytes)
        inputs.append(tensor)
    if len(rest):
        raise BadRequestError(f"{len(rest)} bytes were sent that no input speaks of")
    binary = flag(request.parameters, "binary_data_output")
    outputs = None
    if request.outputs:
        outputs = [
            requested_output(
                one.name, one.parameters, binary=flag(one.parameters, "binary_data", binary)
            )
            for one in request.outputs
        ]
    return InferRequest(model, version, inputs, outputs, request.parameters, request.id, binary)


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


def write_response(response: InferResponse) -> tuple[bytes, dict[str, str]]:
    """Write an answer.

    Args:
        response: what is to be written; it says which outputs come packed.

    Returns:
        The body, and the headers that tell its form.
    """
    outputs, packed = [], []
    for tensor, asked in zip(response.outputs, response.requested, strict=True):
        row: dict[str, Any] = {
            "name": tensor.name,
            "datatype": tensor.datatype,
            "shape": list(tensor.shape),
        }
        if asked.binary:
            packed.append(pack(tensor))
            row["parameters"] = {"binary_data_size": len(packed[-1])}
        else:
            row |= json_values(tensor)
        outputs.append(row)
    answer: dict[str, Any] = {"model_name": response.model, "model_version": response.version}
    if response.id:
        answer["id"] = response.id
    text = orjson.dumps({**answer, "outputs": outputs}, option=orjson.OPT_SERIALIZE_NUMPY)
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
        said = _IN_JSON.get(problem["type"], problem["msg"])
        told.append(f"{place}: {said}" if place else said)
    more = f"; and {len(found) - len(told)} more" if len(found) > len(told) else ""
    return "; ".join(told)[:1000] + more


def _read_input(declared: _Input, rest: memoryview, max_bytes: int) -> tuple[Tensor, memoryview]:
    name, datatype, shape = declared.name, declared.datatype, declared.shape
    refuse_shared_memory(name, declared.parameters)
    count = count_elements(name, datatype, shape, max_bytes)
    size = declared.parameters.get("binary_data_size")
    if size is None:
        return from_json_values(name, datatype, shape, declared.data, count), rest
    if declared.data is not None:
        raise BadRequestError(f"{name[:_SHOWN]!r}: give data or binary_data_size, not both")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size <= len(rest):
        raise BadRequestError(
            f"{name[:_SHOWN]!r}: binary_data_size is {size!r:.64}, {len(rest)} bytes are left"
        )
    return unpack(name, datatype, shape, rest[:size], count), rest[size:]
