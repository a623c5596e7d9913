"""How requests and answers look as messages."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from gain_serving.errors import BadRequestError
from gain_serving.protocol.messages import message
from gain_serving.protocol.request import (
    MAX_INPUTS,
    MAX_OUTPUTS,
    MAX_PARAMETERS,
    InferRequest,
    InferResponse,
    Parameter,
    refuse_shared_memory,
    requested_output,
)
from gain_serving.protocol.tensors import BYTES, DATATYPES, Tensor, count_elements, pack, unpack
from gain_serving.protocol.wire import refuse_many_fields

SMALL_BYTES = 1 << 20
"""A message that does no harm, whatever is in it."""

FINAL = "triton_final_response"
WANTS_FINAL = "triton_enable_empty_final_response"

_Request = message("ModelInferRequest")
_Response = message("ModelInferResponse")
_CONTENTS = {
    "BOOL": "bool_contents",
    "UINT8": "uint_contents",
    "INT64": "int64_contents",
    "FP32": "fp32_contents",
    BYTES: "bytes_contents",
}
_SHOWN = 64


def read_message(name: str, raw: bytes) -> Any:
    """Read a message.

    Args:
        name: of its kind.
        raw: as it came.

    Raises:
        BadRequestError: it is none.
    """
    try:
        return message(name).FromString(raw)
    except DecodeError:
        raise BadRequestError(f"the message is no {name}") from None


def read_request(raw: bytes, *, max_tensor_bytes: int) -> InferRequest:
    """Read a `ModelInferRequest`.

    Args:
        raw: as it came.
        max_tensor_bytes: of one tensor.

    Returns:
        The request.

    Raises:
        BadRequestError: it is malformed; the message says where.
        TooLargeError: a tensor is larger than allowed.
    """
    if len(raw) > SMALL_BYTES:
        refuse_many_fields(raw)
    asked = read_message("ModelInferRequest", raw)
    if len(asked.inputs) > MAX_INPUTS or len(asked.outputs) > MAX_OUTPUTS:
        raise BadRequestError(
            f"{len(asked.inputs)} inputs and {len(asked.outputs)} outputs in one request, more "
            f"than {MAX_INPUTS} and {MAX_OUTPUTS}"
        )
    packed = asked.raw_input_contents
    if packed and len(packed) != len(asked.inputs):
        raise BadRequestError(
            f"{len(packed)} raw_input_contents were sent for {len(asked.inputs)} inputs"
        )
    inputs = []
    for index, declared in enumerate(asked.inputs):
        name, datatype, shape = declared.name, declared.datatype, declared.shape
        refuse_shared_memory(name, read_parameters(declared.parameters))
        count = count_elements(name, datatype, shape, max_tensor_bytes)
        if not packed:
            inputs.append(_from_contents(declared, count))
        elif declared.HasField("contents"):
            raise BadRequestError(f"{name[:_SHOWN]!r}: give contents or raw_input_contents")
        else:
            inputs.append(unpack(name, datatype, shape, packed[index], count))
    outputs = None
    if asked.outputs:
        outputs = [
            requested_output(one.name, read_parameters(one.parameters), binary=True)
            for one in asked.outputs
        ]
    parameters = read_parameters(asked.parameters)
    return InferRequest(
        asked.model_name, asked.model_version, inputs, outputs, parameters, asked.id
    )


def write_response(response: InferResponse, request: InferRequest) -> Any:
    """Write a `ModelInferResponse`, every tensor packed."""
    answer = _Response(model_name=response.model, model_version=response.version, id=response.id)
    for tensor in response.outputs:
        answer.outputs.add(name=tensor.name, datatype=tensor.datatype, shape=tensor.shape)
        answer.raw_output_contents.append(pack(tensor))
    if request.parameters.get(WANTS_FINAL) is True:
        answer.parameters[FINAL].bool_param = True
    return answer


def read_parameters(parameters: Mapping[str, Any]) -> dict[str, Parameter]:
    """Read a map of parameters; those without a value are left out.

    Raises:
        BadRequestError: there are too many.
    """
    if len(parameters) > MAX_PARAMETERS:
        raise BadRequestError(f"{len(parameters)} parameters, more than {MAX_PARAMETERS}")
    read = {}
    for name, parameter in parameters.items():
        field = parameter.WhichOneof("parameter_choice")
        if field is not None:
            read[name] = getattr(parameter, field)
    return read


def _from_contents(declared: Any, count: int) -> Tensor:
    name, datatype, shape = declared.name, declared.datatype, tuple(declared.shape)
    filled = [field.name for field, _ in declared.contents.ListFields()]
    if filled not in ([], [_CONTENTS[datatype]]):
        raise BadRequestError(
            f"{name[:_SHOWN]!r}: {datatype} goes into {_CONTENTS[datatype]}, not {filled[0]}"
        )
    values = getattr(declared.contents, _CONTENTS[datatype])
    if len(values) != count:
        raise BadRequestError(
            f"{name[:_SHOWN]!r}: {len(values)} values were sent, the shape has {count}"
        )
    if datatype == BYTES:
        return Tensor(name, datatype, shape, list(values))
    return Tensor(name, datatype, shape, _narrowed(name, datatype, values).reshape(shape))


def _narrowed(name: str, datatype: str, values: Sequence[Any]) -> np.ndarray:
    try:
        # A number that does not fit is an OverflowError in NumPy 2.
        return np.fromiter(values, DATATYPES[datatype], len(values))
    except OverflowError:
        raise BadRequestError(f"{name[:_SHOWN]!r}: a value is no {datatype}") from None
